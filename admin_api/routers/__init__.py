"""The endpoints, by resource; the hot path first, since routes are tried in their order."""

from starlette.routing import BaseRoute

from admin_api.routers import (
    audit,
    callers,
    groups,
    health,
    inbox,
    pushes,
    revocations,
    senders,
    settings,
    stats,
    strategies,
    terminals,
    tickets,
    users,
)

_ROUTERS = (
    pushes.router,
    inbox.router,
    terminals.router,
    tickets.router,
    strategies.router,
    senders.router,
    users.router,
    groups.router,
    revocations.router,
    stats.router,
    audit.router,
    callers.router,
    settings.router,
    health.router,
)

ROUTES: list[BaseRoute] = [route for router in _ROUTERS for route in router.routes]
"""The routes themselves: of a router that is included FastAPI looks through the routes twice for each request."""
