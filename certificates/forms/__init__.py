"""Forms of the certificate repository. A private key, a password or a passphrase is read and never shown again."""
