-- identity-service's routes for somebody who is signed in make the same liveness check as the business API, in their own
-- transaction: a token that was revoked is dead on the next request there too.

grant select on platform.live_session to pz_identity;
grant execute on function platform.require_live to pz_identity;
