"""The watch list: addresses outside whose certificates are watched, too."""
