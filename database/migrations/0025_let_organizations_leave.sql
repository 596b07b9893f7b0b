-- What an organization takes along when it leaves and brings when it comes, and what the platform's role may change of it
-- by hand.

-- The people of the tenant that is bound, for its archive: no password, no factor, no session.
create function platform.people_of_archive()
  returns table (id uuid, email text, name text, role text, state text, created_at timestamptz)
  language sql stable security definer set search_path = pg_catalog
as $$
  select p.id, p.email, p.name, m.role, m.state, m.created_at
    from identity.membership m join identity.person p on p.id = m.person_id
   where m.tenant_id = current_setting('app.current_tenant')::uuid
$$;
revoke execute on function platform.people_of_archive from public;
grant execute on function platform.people_of_archive to pz_app;

-- Takes in the people of an archive, as long as their tenant is being made; returns how many. They have no password here:
-- who reads the mail of the address sets one. Who is here already, by the address, is a member besides; who is staff of the
-- platform is left out. Raises unique_violation when the id is another person's.
create function platform.take_people_in(tenant uuid, people jsonb, at timestamptz) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog
as $$
declare
  public_tenant constant uuid := '00000000-0000-0000-0000-000000000000';
  one record;
  known uuid;
  taken integer := 0;
begin
  if current_setting('app.current_tenant')::uuid <> public_tenant then
    raise exception 'only the platform takes people in' using errcode = '42501';
  end if;
  perform from platform.tenant t where t.id = take_people_in.tenant and t.state = 'provisioning' for update;
  if not found then
    raise exception 'the tenant is not being made' using errcode = 'PZ409';
  end if;
  for one in
    select p.id, p.email, p.name, p.role, p.state, p.created_at
      from jsonb_to_recordset(people)
        as p (id uuid, email text, name text, role text, state text, created_at timestamptz)
     order by p.id
  loop
    select p.id into known from identity.person p where p.email_folded = lower(one.email);
    if not found then
      insert into identity.person (id, email, name, created_at, updated_at)
      values (one.id, one.email, one.name, at, at);
      known := one.id;
    end if;
    continue when exists (
      select from identity.membership m where m.person_id = known and m.tenant_id = public_tenant);
    insert into identity.membership (tenant_id, person_id, role, state, created_at, updated_at)
    values (take_people_in.tenant, known, one.role, one.state, one.created_at, at)
    on conflict (tenant_id, person_id) do nothing;
    taken := taken + 1;
  end loop;
  return taken;
end
$$;
revoke execute on function platform.take_people_in from public;
grant execute on function platform.take_people_in to pz_admin;

-- The last word on a tenant that was erased: nothing of a person's is left in its row.
create function platform.bury_tenant(tenant uuid, certificate text, at timestamptz) returns void
  language plpgsql volatile security definer set search_path = pg_catalog
as $$
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform buries a tenant' using errcode = '42501';
  end if;
  update platform.tenant t
     set name = 'Deleted organization', contact_email = null, erased_at = at, erasure_certificate = certificate
   where t.id = bury_tenant.tenant and t.state = 'deleted' and t.erased_at is null;
  if not found then
    raise exception 'the tenant is not one that was just erased' using errcode = 'PZ409';
  end if;
end
$$;
revoke execute on function platform.bury_tenant from public;
grant execute on function platform.bury_tenant to pz_admin;

-- State, epoch and what belongs to them change by platform.take_tenant_step() alone; a slug never, nor a certificate.
revoke update on platform.tenant from pz_admin;
grant update (name, plan, item_limit, member_limit, request_limit, version, updated_at) on platform.tenant to pz_admin;
