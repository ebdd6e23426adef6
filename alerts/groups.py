"""The default group: whoever no rule names otherwise."""

from alerts.models import Channel, ContactGroup


def join_default_group(channel: Channel) -> None:
    """Have a channel told of everything that no rule gives to others."""
    group = ContactGroup.objects.filter(is_default=True).first()
    if group is not None:
        group.channels.add(channel)
