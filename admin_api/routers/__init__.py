"""The endpoints, by resource; the hot path first, since routes are tried in their order."""

from starlette.routing import BaseRoute

from admin_api.routers import pushes, terminals, tickets

_ROUTERS = (pushes.router, terminals.router, tickets.router)

ROUTES: list[BaseRoute] = [route for router in _ROUTERS for route in router.routes]
"""The routes themselves: of a router that is included FastAPI looks through the routes twice for each request."""
