import os

DATABASE_URL = os.environ["DATABASE_URL"]
ISSUER = os.environ.get("ISSUER", "http://localhost:8001")
AUDIENCE = os.environ.get("AUDIENCE", "product-core-api")
JWKS_URL = os.environ.get("JWKS_URL", ISSUER + "/.well-known/jwks.json")
