from fastapi import FastAPI

from . import problems
from .invoices.router import router as invoices

app = FastAPI(title="Phase Zero, the FastAPI twin")
problems.install(app)
app.include_router(invoices)
