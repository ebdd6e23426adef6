"""Names and languages of those who are told, checked one way. Pure but for the installation's languages."""

import unicodedata

from django.conf import settings
from django.utils.translation import gettext as _

from console.errors import InvalidInputError

LONGEST_NAME = 128
# Characters that end a line, that are none, or that turn the direction of what follows them.
REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def checked_name(text: str, code: str, longest: int = LONGEST_NAME) -> str:
    """Return a name without spaces around it; raise InvalidInputError for none, a long one or one that lies.

    Names of any script are fine, emoji too.
    """
    name = text.strip()
    if not 0 < len(name) <= longest or not is_harmless(name):
        message = _("A name of 1 to %(most)d characters is needed, without line breaks or marks that turn the text.")
        raise InvalidInputError(message % {"most": longest}, code, field="name", way_out=_("Choose another name."))
    return name


def is_harmless(text: str) -> bool:
    """Whether a text ends no line and turns no direction; it may be of any script, with emoji."""
    return not any(char in TURNS or unicodedata.category(char) in REFUSED_CATEGORIES for char in text)


def checked_language(language: str, code: str) -> str:
    """Return a language's code, empty for the installation's; raise InvalidInputError for one that there is not."""
    known = [name for name, _label in settings.LANGUAGES]
    if language and language not in known:
        message = _("“%(language)s” is no language of lbadmin.") % {"language": language[:20]}
        way_out = _("Use one of: %(languages)s.") % {"languages": ", ".join(known)}
        raise InvalidInputError(message, code, field="language", way_out=way_out)
    return language
