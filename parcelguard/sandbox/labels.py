"""Shipping labels as small PDF files, drawn without a library, and where their addresses lead."""

from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parcelguard.sandbox.world.world import World

PLACE = "/open/label/"


def routes(world: World) -> list[Route]:
    """Return what to mount."""
    return [Route(f"{PLACE}{{tracking}}.pdf", partial(_label, world), methods=["GET"])]


async def _label(world: World, request: Request) -> Response:
    wanted = request.path_params["tracking"]
    with world.lock:
        orders = [
            order
            for order in world.orders.values()
            if wanted in {package.tracking_number for package in order.packages}
        ]
    if not orders:
        raise HTTPException(404)
    lines = [orders[0].carrier, wanted, *(f"Order {order.order_sn}" for order in orders)]
    return Response(pdf(lines), media_type="application/pdf")


def pdf(lines: list[str]) -> bytes:
    """Return one A6 page with these lines; they must be plain letters, digits and spaces."""
    text = "BT /F1 16 Tf 24 380 Td 24 TL " + " ".join(f"({line}) '" for line in lines) + " ET"
    parts = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 298 420] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = "%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n{part}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    start = f"xref\n0 {len(parts) + 1}\n0000000000 65535 f \n{table}"
    trailer = f"trailer\n<< /Size {len(parts) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return (body + start + trailer).encode("latin-1")
