"""REST: channels, deliveries, notices and scans."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from access.actors import actor_of
from access.rest import PageParameters, expected_revision, whole, with_etag
from alerts import heartbeat
from alerts.models import AllowedRange, Channel, Delivery, Heartbeat, Scan
from alerts.scanning import run_scan
from alerts.schemas import channels as schemas
from alerts.selectors.channels import channel_by_id
from alerts.selectors.deliveries import deliveries, delivery_by_key
from alerts.selectors.health import scans
from alerts.selectors.notices import notices
from alerts.services import channels, ranges, resending
from alerts.transports import reach
from alerts.transports.contract import Message
from alerts.transports.signing import OVERLAP_HOURS
from console.tables import Page, keyset_page
from events.models import Notice

router = Router(tags=["alerts"])


@router.get("/channels", response=schemas.ChannelPage, operation_id="listChannels")
def list_channels(request: HttpRequest, page: PageParameters) -> Page[Channel]:
    """List the channels by name."""
    return keyset_page(Channel.objects.all(), ("name", "id"), page.cursor, page.limit)


@router.post("/channels", response={201: schemas.ChannelMade}, operation_id="createChannel")
def create_channel(
    request: HttpRequest, response: HttpResponse, body: schemas.ChannelIn
) -> Status[schemas.ChannelMade]:
    """Create a channel. The answer holds the signing secret, which no other answer does."""
    made = channels.create_channel(actor_of(request), **body.model_dump())
    with_etag(response, made.channel)
    return Status(201, _with_secret(made))


def _with_secret(made: channels.WithSecret) -> schemas.ChannelMade:
    shown = schemas.ChannelOut.from_orm(made.channel)
    return schemas.ChannelMade(**shown.model_dump(), secret=made.secret)


@router.get("/channels/{channel_id}", response=schemas.ChannelOut, operation_id="getChannel")
def get_channel(request: HttpRequest, response: HttpResponse, channel_id: str) -> Channel:
    """Return a channel."""
    return with_etag(response, channel_by_id(channel_id))


@router.patch("/channels/{channel_id}", response=schemas.ChannelOut, operation_id="updateChannel")
def update_channel(
    request: HttpRequest, response: HttpResponse, channel_id: str, body: schemas.ChannelChange
) -> Channel:
    """Change a channel's name, target or language, or switch it on or off."""
    channel = channels.update_channel(
        actor_of(request), channel_id, expected_revision=expected_revision(request), **body.model_dump()
    )
    return with_etag(response, channel)


@router.delete("/channels/{channel_id}", response={204: None}, operation_id="deleteChannel")
def delete_channel(request: HttpRequest, channel_id: str) -> Status[None]:
    """Delete a channel with its delivery log."""
    channels.delete_channel(actor_of(request), channel_id, expected_revision=expected_revision(request))
    return Status(204, None)


@router.post("/channels/{channel_id}/test", response=schemas.DeliveryOut, operation_id="testChannel")
def test_channel(request: HttpRequest, channel_id: str) -> Delivery:
    """Send a real message that says that it is a test; the answer has its result."""
    return resending.send_test(actor_of(request), channel_id)


@router.post("/channels/{channel_id}/preview", response=schemas.MessageOut, operation_id="previewMessage")
def preview_message(request: HttpRequest, channel_id: str, body: schemas.TemplatesIn) -> Message:
    """Return a real message of the channel in these words; nothing is stored or sent."""
    return channels.preview_message(channel_id, body.model_dump())


@router.post("/channels/{channel_id}/rotate-secret", response=schemas.ChannelMade, operation_id="rotateChannelSecret")
def rotate_secret(
    request: HttpRequest, response: HttpResponse, channel_id: str, body: schemas.Rotation | None = None
) -> schemas.ChannelMade:
    """Give a channel a new signing secret, which this answer holds and no other does."""
    hours = OVERLAP_HOURS if body is None else body.overlap_hours
    made = channels.rotate_secret(
        actor_of(request), channel_id, overlap_hours=hours, expected_revision=expected_revision(request)
    )
    with_etag(response, made.channel)
    return _with_secret(made)


@router.get("/allowed-ranges", response=schemas.RangePage, operation_id="listAllowedRanges")
def list_allowed_ranges(request: HttpRequest) -> dict[str, object]:
    """List the ranges that messages may go to although they are not of the public Internet."""
    return whole(list(reach.allowed_ranges()))


@router.post("/allowed-ranges", response={201: schemas.RangeOut}, operation_id="allowRange")
def allow_range(request: HttpRequest, body: schemas.RangeIn) -> Status[AllowedRange]:
    """Allow a range. Administrators only."""
    return Status(201, ranges.allow_range(actor_of(request), **body.model_dump()))


@router.delete("/allowed-ranges/{int:range_id}", response={204: None}, operation_id="forbidRange")
def forbid_range(request: HttpRequest, range_id: int) -> Status[None]:
    """Take a range back. Administrators only."""
    ranges.forbid_range(actor_of(request), range_id)
    return Status(204, None)


@router.get("/heartbeat", response=schemas.HeartbeatOut, operation_id="getHeartbeat")
def get_heartbeat(request: HttpRequest, response: HttpResponse) -> Heartbeat:
    """Return where the heartbeat goes and whether it arrives."""
    return with_etag(response, heartbeat.heartbeat())


@router.put("/heartbeat", response=schemas.HeartbeatOut, operation_id="setHeartbeat")
def set_heartbeat(request: HttpRequest, response: HttpResponse, body: schemas.HeartbeatIn) -> Heartbeat:
    """Have an address asked after each healthy scan, or none."""
    row = heartbeat.set_heartbeat(actor_of(request), url=body.url, expected_revision=expected_revision(request))
    return with_etag(response, row)


@router.get("/deliveries", response=schemas.DeliveryPage, operation_id="listDeliveries")
def list_deliveries(
    request: HttpRequest, page: PageParameters, state: str = "", channel_id: str = ""
) -> Page[Delivery]:
    """List the deliveries, newest first."""
    rows = deliveries(state=state, channel_id=channel_id)
    return keyset_page(rows, ("-id",), page.cursor, page.limit)


@router.get("/deliveries/{uuid:delivery_id}", response=schemas.DeliveryDetail, operation_id="getDelivery")
def get_delivery(request: HttpRequest, delivery_id: UUID) -> Delivery:
    """Return a delivery with the first 500 of its notices."""
    return delivery_by_key(delivery_id)


@router.post("/deliveries/{uuid:delivery_id}/resend", response=schemas.DeliveryOut, operation_id="resendDelivery")
def resend_delivery(request: HttpRequest, delivery_id: UUID) -> Delivery:
    """Queue a finished delivery again, with the same id."""
    return resending.resend_delivery(actor_of(request), delivery_id)


@router.get("/notices", response=schemas.NoticePage, operation_id="listNotices")
def list_notices(request: HttpRequest, page: PageParameters, state: str = "", subject_id: str = "") -> Page[Notice]:
    """List the notices, newest first."""
    return keyset_page(notices(state=state, subject_id=subject_id), ("-id",), page.cursor, page.limit)


@router.get("/scans", response=schemas.ScanPage, operation_id="listScans")
def list_scans(request: HttpRequest, page: PageParameters) -> Page[Scan]:
    """List the scans of the last 30 days, newest first."""
    return keyset_page(scans(), ("-id",), page.cursor, page.limit)


@router.post("/scans", response={201: schemas.ScanOut}, operation_id="runScan")
def create_scan(request: HttpRequest) -> Status[Scan]:
    """Scan now; the answer says what was found."""
    return Status(201, run_scan(actor_of(request)))
