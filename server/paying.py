"""The payment side of the wiring: the provider that the settings name, and what it needs running.

make_provider        for the commands: it starts checkouts and pays back
make_host_refunds    for the commands: a host pays an order back
make_paying          for a server: the settler, the refund job, the provider's own pages and jobs
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.routing import BaseRoute

from inventory.payments.host_refunds import HostRefunds
from inventory.payments.port import Provider
from inventory.payments.refunds import Refunder
from inventory.payments.sandbox.faults import faults_of
from inventory.payments.sandbox.provider import SandboxProvider
from inventory.payments.settle import Settler
from server import jobs
from server.clock import now_ms
from server.http.sandbox_pages import sandbox_mount
from server.settings import Settings, SettingsError, both_names
from server.stores import Stores
from server.tokens import load_secret, purpose_key

STRIPE_SECRETS = ("stripe_api_key", "stripe_webhook_secret")


@dataclass(frozen=True, kw_only=True)
class Paying:
    """What a server needs of payments. `refunder` runs once, however many workers there are, and
    so does each of `provider_jobs`."""

    settler: Settler
    refunder: Refunder
    pages: Sequence[BaseRoute]
    provider_jobs: Mapping[str, jobs.Job]


def make_provider(stores: Stores, public_url: str, local_url: str) -> Provider:
    """Browsers come by `public_url`, the sandbox's webhooks by `local_url`. Raises SettingsError
    for a provider that cannot be used as it is set up."""
    settings = stores.settings
    if settings.payment_provider == "stripe":
        return _stripe(stores)
    return SandboxProvider(
        stores.engine,
        base_url=public_url,
        webhook_url=f"{local_url}/v1/webhooks/{SandboxProvider.name}",
        secret=purpose_key(load_secret(settings), "sandbox"),
        faults=faults_of(settings.sandbox_faults),
    )


def make_paying(stores: Stores, provider: Provider, clock: Callable[[], int] = now_ms) -> Paying:
    own_pages: list[BaseRoute] = []
    own_jobs: dict[str, jobs.Job] = {}
    if isinstance(provider, SandboxProvider):
        own_pages.append(sandbox_mount(provider))
        own_jobs["sandbox"] = provider.run
    host_refunds = make_host_refunds(stores, clock)
    return Paying(
        settler=Settler(stores.store, stores.book, stores.refunds, stores.ledger, clock),
        refunder=Refunder(provider, stores.store, stores.refunds, stores.book, host_refunds, clock),
        pages=own_pages,
        provider_jobs=own_jobs,
    )


def make_host_refunds(stores: Stores, clock: Callable[[], int] = now_ms) -> HostRefunds:
    return HostRefunds(stores.store, stores.ledger, stores.book, stores.refunds, clock)


def _stripe(stores: Stores) -> Provider:
    settings = stores.settings
    _require(settings, *STRIPE_SECRETS)
    try:  # half a second to import, so only for those who use it
        from inventory.payments.stripe.provider import StripeProvider  # noqa: PLC0415
    except ImportError as error:
        raise SettingsError(
            f"{both_names('payment_provider')}: the package {error.name!r} is missing:"
            " pip install 'kaibo[stripe]'"
        ) from None
    return StripeProvider(
        stores.engine,
        api_key=settings.stripe_api_key,
        webhook_secrets=settings.stripe_webhook_secret.split(","),
        shop_id=purpose_key(load_secret(settings), "stripe").hex()[:16],
        api_url=settings.stripe_api_url,
        now_ms=now_ms,
    )


def _require(settings: Settings, *names: str) -> None:
    missing = [both_names(name) for name in names if not getattr(settings, name)]
    if missing:
        raise SettingsError(f"payments by {settings.payment_provider} need {' and '.join(missing)}")
