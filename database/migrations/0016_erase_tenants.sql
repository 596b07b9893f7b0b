-- The end of a tenant: what is left of it is a row that says so, and a certificate that can be checked.

alter table platform.tenant
  add column erased_at timestamptz,
  -- As it was given out, byte for byte.
  add column erasure_certificate text;

-- Takes at most about `batch` rows of a tenant that is being deleted out of schema identity; returns how many, 0 when none are
-- left. People who belong to no other tenant go with it: their account, sessions, factors and links. Where an account is
-- still named by somebody else's row (it invited them), it stays as a row without a person in it.
create function platform.erase_identity_of_tenant(tenant uuid, batch integer) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog set row_security = on
as $$
declare
  erased integer;
  gone uuid;
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform erases a tenant' using errcode = '42501';
  end if;
  perform from platform.tenant t where t.id = erase_identity_of_tenant.tenant and t.state = 'deleting';
  if not found then
    raise exception 'the tenant is not being deleted' using errcode = 'PZ409';
  end if;

  delete from identity.mail where id in (
    select m.id from identity.mail m where m.tenant_id = erase_identity_of_tenant.tenant limit batch);
  get diagnostics erased = row_count;
  if erased > 0 then return erased; end if;

  delete from identity.invitation where ctid = any (array(
    select i.ctid from identity.invitation i where i.tenant_id = erase_identity_of_tenant.tenant limit batch));
  get diagnostics erased = row_count;
  if erased > 0 then return erased; end if;

  delete from identity.mfa_challenge where token_hash in (
    select c.token_hash from identity.mfa_challenge c where c.tenant_id = erase_identity_of_tenant.tenant limit batch);
  get diagnostics erased = row_count;
  if erased > 0 then return erased; end if;

  delete from identity.authorization_code where code_hash in (
    select c.code_hash from identity.authorization_code c where c.tenant_id = erase_identity_of_tenant.tenant limit batch);
  get diagnostics erased = row_count;
  if erased > 0 then return erased; end if;

  -- A key is three rows that refer to each other.
  with keys as (
    delete from identity.api_key where id in (
      select k.id from identity.api_key k where k.tenant_id = erase_identity_of_tenant.tenant limit batch)
    returning id),
  sessions as (delete from identity.session where id in (select id from keys))
  delete from identity.person where id in (select id from keys);
  get diagnostics erased = row_count;
  if erased > 0 then return erased; end if;

  erased := 0;
  for gone in
    select m.person_id from identity.membership m where m.tenant_id = erase_identity_of_tenant.tenant
     order by m.person_id limit batch
  loop
    delete from identity.membership m
     where m.tenant_id = erase_identity_of_tenant.tenant and m.person_id = gone;
    if not exists (select from identity.membership m where m.person_id = gone) then
      delete from identity.authorization_code where person_id = gone;
      delete from identity.mfa_challenge where person_id = gone;
      delete from identity.recovery_code where person_id = gone;
      delete from identity.totp where person_id = gone;
      delete from identity.password_reset where person_id = gone;
      delete from identity.session where person_id = gone;
      begin
        delete from identity.person where id = gone;
      exception when foreign_key_violation then
        update identity.person
           set email = gone || '@erased.invalid', name = 'erased', password_hash = null, state = 'disabled', epoch = epoch + 1
         where id = gone;
      end;
    end if;
    erased := erased + 1;
  end loop;
  if erased > 0 then return erased; end if;

  delete from identity.session where id in (
    select s.id from identity.session s where s.tenant_id = erase_identity_of_tenant.tenant limit batch);
  get diagnostics erased = row_count;
  return erased;
end
$$;
revoke execute on function platform.erase_identity_of_tenant from public;
grant execute on function platform.erase_identity_of_tenant to pz_admin;
