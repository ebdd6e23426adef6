"""Files that hold certificates and keys inside something else: PKCS#7, PKCS#12, Java key stores, zip. Pure."""
