-- The liveness check's fast path. Nearly every request is live, and a function call with its own statement and search_path
-- costs more than the request's own query; a join in the request's prepared statement costs three index lookups. What this
-- view does not show is asked of platform.require_live, which knows the reason and raises it.

-- The rows end at the transaction's own tenant, so the view tells a tenant's connection nothing of another's sessions, and
-- nothing personal of its own.
create view platform.live_session with (security_barrier) as
  select s.id, s.person_id, p.epoch as person_epoch, t.epoch as tenant_epoch, t.state <> 'read_only' as writable
    from identity.session s
    join identity.person p on p.id = s.person_id
    join platform.tenant t on t.id = s.tenant_id
   where s.tenant_id = current_setting('app.current_tenant')::uuid
     and t.id = current_setting('app.current_tenant')::uuid
     and s.revoked_at is null and s.expires_at > now()
     and p.state = 'active' and t.state in ('trial', 'active', 'read_only');

grant select on platform.live_session to pz_app, pz_support, pz_admin;
