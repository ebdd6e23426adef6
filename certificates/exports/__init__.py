"""Certificates as other programs take them: PEM, DER, PKCS#12, Java key stores, and folders laid out for servers."""
