"""How messages travel: mail, webhooks, form callbacks, chat; and where they may go."""
