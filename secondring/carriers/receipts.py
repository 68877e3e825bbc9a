"""Where a carrier is told to send its receipts."""

from config.settings import CarrierSettings, Settings


def receipts_url(carrier: CarrierSettings, settings: Settings) -> str | None:
    """The public address of its door for receipts; None when it sends nothing to us."""
    public = settings.webhooks.public_url if settings.webhooks else None
    if public is None or not carrier.keys.knocks:
        return None
    return f"{public.rstrip('/')}/carriers/{carrier.name}/receipt"
