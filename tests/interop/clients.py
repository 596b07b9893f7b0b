"""The other side of python.spec.ts: does what it is told with the clients that Debian packages for Python.

Standard input: a request a line, {"do": …, and what it needs}. Standard output: a line for each, {"answer": …} or {"error": …}.
A session lasts as long as the process.
"""

import importlib
import json
import os
import sys
import time

# The issuer is this machine, over http.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"


def versions():
    found = {}
    for client, modules in {
        "PyJWT": ["jwt", "cryptography"],
        "Authlib": ["authlib", "requests"],
        "jwcrypto": ["jwcrypto", "jwcrypto.jwk"],
    }.items():
        try:
            first = [importlib.import_module(module) for module in modules][0]
            found[client] = getattr(first, "__version__", "unknown")
        except ImportError:
            found[client] = None
    return found


def get(url):
    import urllib.request

    with urllib.request.urlopen(url) as response:
        return json.load(response)


def published_key(jwks_url, token):
    """The key that a token names, as it is published."""
    import base64

    head = token.split(".")[0]
    kid = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]
    return next(key for key in get(jwks_url)["keys"] if key["kid"] == kid)


def signs(sign, *arguments):
    """A token, or null when the library will not make it."""
    try:
        token = sign(*arguments)
    except Exception:
        return None
    return token.decode() if isinstance(token, bytes) else token


def forge_all(sign, own_key, own_public_jwk, secret_of, none_key, claims, published):
    """What all three are asked for: everything a good token says, under another key.

    sign(header, claims, key)
    """
    kid = published["kid"]

    def header(alg, **more):
        return {"typ": "at+jwt", "alg": alg, **more}

    return {
        "another key under our kid": signs(sign, header("ES256", kid=kid), claims, own_key),
        "another key under its own kid": signs(sign, header("ES256", kid="mine"), claims, own_key),
        "another key without a kid": signs(sign, header("ES256"), claims, own_key),
        "another key in the header": signs(sign, header("ES256", kid=kid, jwk=own_public_jwk), claims, own_key),
        "HS256 with our public key": signs(sign, header("HS256", kid=kid), claims, secret_of(json.dumps(published))),
        "alg none": signs(sign, header("none", kid=kid), claims, none_key),
    }


# --- PyJWT ------------------------------------------------------------------------------------------------------------


def pyjwt_verify(token, jwks_url, issuer, audience, typ):
    import jwt

    key = jwt.PyJWKClient(jwks_url).get_signing_key_from_jwt(token)
    decoded = jwt.api_jwt.decode_complete(token, key.key, algorithms=["ES256"], audience=audience, issuer=issuer)
    if decoded["header"]["typ"] != typ:
        raise ValueError("another type of token")
    return decoded["payload"]


def pyjwt_forge(token, jwks_url, claims):
    import jwt
    from cryptography.hazmat.primitives.asymmetric import ec

    def sign(header, claims, key):
        return jwt.encode(claims, key, algorithm=header["alg"], headers=header)

    own = ec.generate_private_key(ec.SECP256R1())
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(own.public_key())) if hasattr(
        jwt.algorithms.ECAlgorithm, "to_jwk") else {"kty": "EC"}
    return forge_all(sign, own, public, lambda text: text, None, claims, published_key(jwks_url, token))


# --- jwcrypto ---------------------------------------------------------------------------------------------------------


def jwcrypto_verify(token, jwks_url, issuer, audience, typ):
    from jwcrypto import jwk, jwt

    keys = jwk.JWKSet.from_json(json.dumps(get(jwks_url)))
    verified = jwt.JWT(jwt=token, key=keys, algs=["ES256"], check_claims={"iss": issuer, "aud": audience, "exp": None})
    if json.loads(verified.header)["typ"] != typ:
        raise ValueError("another type of token")
    return json.loads(verified.claims)


def jwcrypto_forge(token, jwks_url, claims):
    from jwcrypto import jwk, jwt
    from jwcrypto.common import base64url_encode

    def sign(header, claims, key):
        made = jwt.JWT(header=header, claims=claims)
        made.make_signed_token(key)
        return made.serialize()

    own = jwk.JWK.generate(kty="EC", crv="P-256")
    return forge_all(
        sign,
        own,
        own.export_public(as_dict=True),
        lambda text: jwk.JWK(kty="oct", k=base64url_encode(text)),
        jwk.JWK(kty="oct", k=""),
        claims,
        published_key(jwks_url, token),
    )


# --- Authlib ----------------------------------------------------------------------------------------------------------


def authlib_verify(token, jwks_url, issuer, audience, typ):
    from authlib.jose import JsonWebKey, JsonWebToken

    claims = JsonWebToken(["ES256"]).decode(
        token,
        JsonWebKey.import_key_set(get(jwks_url)),
        claims_options={"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": audience}},
    )
    claims.validate()
    if claims.header["typ"] != typ:
        raise ValueError("another type of token")
    return claims


def authlib_forge(token, jwks_url, claims):
    from authlib.jose import JsonWebKey, JsonWebToken

    def sign(header, claims, key):
        return JsonWebToken(["ES256", "HS256", "none"]).encode(header, claims, key)

    own = JsonWebKey.generate_key("EC", "P-256", is_private=True)
    return forge_all(
        sign, own, own.as_dict(is_private=False), lambda text: text, "", claims, published_key(jwks_url, token)
    )


def authlib_metadata(issuer):
    """Both documents, and what Authlib's rules for each say against it."""
    from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
    from authlib.oauth2.rfc8414 import get_well_known_url as oauth_url
    from authlib.oidc.discovery import OpenIDProviderMetadata
    from authlib.oidc.discovery import get_well_known_url as openid_url

    answer = {}
    for name, kind, url in [
        ("oauth", AuthorizationServerMetadata, oauth_url(issuer, external=True)),
        ("openid", OpenIDProviderMetadata, openid_url(issuer, external=True)),
    ]:
        metadata = kind(get(url))
        complaints = []
        for key in kind.REGISTRY_KEYS:
            try:
                getattr(metadata, "validate_" + key)()
            except ValueError as complaint:
                complaints.append(str(complaint))
        answer[name] = {"issuer": metadata["issuer"], "complaints": complaints}
    return answer


session = None
metadata = None
pending = {}


def authlib_start(issuer, client_id, client_secret=None, private_key=None, kid=None, redirect_uri=None, scope=None):
    global session, metadata
    from authlib.integrations.requests_client import OAuth2Session
    from authlib.oauth2.rfc7523 import PrivateKeyJWT

    class ShortLived(PrivateKeyJWT):
        """Authlib's own assertions live for an hour; we take five minutes."""

        def sign(self, auth, token_endpoint):
            self.claims = {"exp": int(time.time()) + 60}
            return super().sign(auth, token_endpoint)

    metadata = get(issuer + "/.well-known/openid-configuration")
    method = "private_key_jwt" if private_key else "client_secret_basic" if client_secret else "none"
    session = OAuth2Session(
        client_id,
        private_key or client_secret,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        redirect_uri=redirect_uri,
        scope=scope,
        code_challenge_method="S256",
    )
    if private_key:
        session.register_client_auth_method(ShortLived(metadata["token_endpoint"], headers={"kid": kid}, alg="ES256"))
    return metadata["issuer"]


def authlib_authorize():
    from authlib.common.security import generate_token

    pending.update(nonce=generate_token(), verifier=generate_token(48))
    url, pending["state"] = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=pending["verifier"], nonce=pending["nonce"]
    )
    return url


def authlib_exchange(response):
    return session.fetch_token(
        metadata["token_endpoint"],
        authorization_response=response,
        state=pending["state"],
        code_verifier=pending["verifier"],
    )


def authlib_id_token(token, nonce=None):
    """The ID token by all of Authlib's rules, the nonce's and the access token's hash among them."""
    from authlib.jose import JsonWebKey, JsonWebToken
    from authlib.oidc.core import CodeIDToken

    claims = JsonWebToken(["ES256"]).decode(
        token["id_token"],
        JsonWebKey.import_key_set(get(metadata["jwks_uri"])),
        claims_cls=CodeIDToken,
        claims_options={"iss": {"value": metadata["issuer"]}, "aud": {"value": session.client_id}},
        claims_params={
            "nonce": nonce or pending["nonce"],
            "client_id": session.client_id,
            "access_token": token["access_token"],
        },
    )
    claims.validate()
    return claims


def authlib_refresh():
    return session.refresh_token(metadata["token_endpoint"])


def authlib_token(grant_type, **parameters):
    """Any grant."""
    return session.fetch_token(metadata["token_endpoint"], grant_type=grant_type, **parameters)


def authlib_revoke():
    return session.revoke_token(metadata["revocation_endpoint"]).status_code


def authlib_introspect(token):
    return session.introspect_token(metadata["introspection_endpoint"], token=token).json()


def authlib_userinfo():
    response = session.get(metadata["userinfo_endpoint"])
    return {"status": response.status_code, "body": response.json()}


actions = {
    name: action
    for name, action in globals().items()
    if callable(action) and name.startswith(("versions", "pyjwt_", "jwcrypto_", "authlib_"))
}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"answer": actions[request.pop("do")](**request)}
    except Exception as error:  # whatever it is, the other side judges it
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
