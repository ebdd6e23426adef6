"""Send deliveries, log the attempts and write down what came of them."""
