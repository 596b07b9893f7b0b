-- Organizations: how a tenant's life goes and why it stands where it does, what its plan allows, lists that staff can search
-- among a hundred thousand, and how the first admin is invited.

-- Limits are null where there is none.
create table platform.plan (
  name text primary key check (name in ('free', 'team', 'business', 'enterprise')),
  item_limit bigint check (item_limit >= 0),
  member_limit bigint check (member_limit >= 0),
  -- Requests per minute.
  request_limit bigint check (request_limit > 0)
);
insert into platform.plan values
  ('free', 10000, 10, 6000), ('team', 100000, 100, 12000), ('business', 1000000, 1000, 30000), ('enterprise', null, null, null);
grant select on platform.plan to pz_app, pz_support, pz_admin, pz_identity, pz_backup;

alter table platform.tenant
  -- What staff gave as the reason for the state, and who it was.
  add column state_reason text check (char_length(state_reason) between 1 and 500),
  add column state_changed_at timestamptz not null default now(),
  add column state_changed_by uuid,
  -- While deletion is scheduled: what undoing it returns to, and until when that can be done.
  add column state_before_deletion text check (state_before_deletion in ('trial', 'active', 'read_only', 'suspended')),
  add column deletion_due_at timestamptz,
  -- Instead of the plan's.
  add column item_limit bigint check (item_limit >= 0),
  add column member_limit bigint check (member_limit >= 0),
  add column request_limit bigint check (request_limit > 0),
  add constraint tenant_deletion check ((state_before_deletion is null) = (deletion_due_at is null));

-- One index for each order that staff list by. They hold what is searched and filtered, so that even a search that finds
-- nothing walks an index and not the table.
create index tenant_by_age on platform.tenant (created_at desc, id desc) include (name_folded, slug, state, plan);
create index tenant_by_name on platform.tenant (name_folded, id) include (slug, state, plan);
create index tenant_by_state on platform.tenant (state, id) include (name_folded, slug, plan);
drop index platform.tenant_page, platform.tenant_name;

-- For a step that ends them all.
create index session_tenant on identity.session (tenant_id) where revoked_at is null;

-- The life of a tenant: the one place that knows which step leads from where to where. The step, the end of what was issued
-- before (the epoch) and, where people lose their access, the end of their sessions are one transaction, so that a tenant
-- which comes back does not bring old sessions with it. API keys are credentials and not sessions: they stay, and get no
-- token meanwhile.
-- Returns the state before, null for an unknown tenant; raises PZ409 for a step that does not lead on from there.
create function platform.take_tenant_step(tenant uuid, step text, reason text, actor uuid, at timestamptz) returns text
  language plpgsql volatile security definer set search_path = pg_catalog
as $$
declare
  public_tenant constant uuid := '00000000-0000-0000-0000-000000000000';
  before platform.tenant;
  after text;
begin
  if current_setting('app.current_tenant')::uuid <> public_tenant then
    raise exception 'only the platform changes the state of a tenant' using errcode = '42501';
  end if;
  select * into before from platform.tenant t where t.id = take_tenant_step.tenant for update;
  if not found then
    return null;
  end if;
  after := case
    when tenant = public_tenant then null
    when step = 'start_trial' and before.state = 'provisioning' then 'trial'
    when step = 'activate' and before.state in ('provisioning', 'trial', 'read_only', 'suspended') then 'active'
    when step = 'make_read_only' and before.state in ('trial', 'active') then 'read_only'
    when step = 'suspend' and before.state in ('trial', 'active', 'read_only') then 'suspended'
    when step = 'schedule_deletion' and before.state in ('trial', 'active', 'read_only', 'suspended')
      then 'deletion_scheduled'
    when step = 'undo_deletion' and before.state = 'deletion_scheduled' and at < before.deletion_due_at
      then before.state_before_deletion
    when step = 'begin_deletion' and before.state = 'deletion_scheduled' and at >= before.deletion_due_at then 'deleting'
    when step = 'finish_deletion' and before.state = 'deleting' then 'deleted'
  end;
  if after is null then
    raise exception 'a tenant that is % cannot %', before.state, step using errcode = 'PZ409';
  end if;
  update platform.tenant t
     set state = after, epoch = t.epoch + 1, version = t.version + 1, updated_at = at,
         state_reason = take_tenant_step.reason, state_changed_at = at, state_changed_by = actor,
         state_before_deletion = case when after = 'deletion_scheduled' then before.state end,
         deletion_due_at = case when after = 'deletion_scheduled' then at + interval '30 days' end
   where t.id = take_tenant_step.tenant;
  if after in ('suspended', 'deletion_scheduled', 'deleting') then
    update identity.session s
       set revoked_at = at, revoke_reason = 'forced'
     where s.tenant_id = take_tenant_step.tenant and s.revoked_at is null
       and not exists (select from identity.api_key k where k.id = s.id);
  end if;
  return before.state;
end
$$;
revoke execute on function platform.take_tenant_step from public;
grant execute on function platform.take_tenant_step to pz_admin;

-- How many people a tenant has: numbers for the platform's staff, whose role does not reach identity.
create function platform.count_members(tenant uuid) returns table (members bigint, admins bigint, invited bigint)
  language sql stable security definer set search_path = pg_catalog
as $$
  select count(*), count(*) filter (where m.role = 'admin'),
         (select count(*) from identity.invitation i
           where i.tenant_id = count_members.tenant and i.state = 'pending' and i.expires_at > now())
    from identity.membership m
   where m.tenant_id = count_members.tenant and m.state = 'active'
     and current_setting('app.current_tenant')::uuid = '00000000-0000-0000-0000-000000000000'
$$;
revoke execute on function platform.count_members from public;
grant execute on function platform.count_members to pz_admin;

-- Invites the first admin, in the transaction that makes the tenant or while it still has none: the one thing of identity
-- that the platform's staff may write. identity-service sends the letter and makes its link, as for every invitation.
-- Raises PZ409 when the tenant has an admin already, who invites the others.
create function platform.invite_first_admin(
  tenant uuid, address text, invited_by uuid, invitation uuid, mail uuid, at timestamptz
) returns void
  language plpgsql volatile security definer set search_path = pg_catalog
as $$
declare
  lifetime constant interval := '7 days';
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform invites the first admin of a tenant' using errcode = '42501';
  end if;
  perform from platform.tenant t where t.id = invite_first_admin.tenant for update;
  if exists (select from identity.membership m
              where m.tenant_id = invite_first_admin.tenant and m.role = 'admin' and m.state = 'active') then
    raise exception 'the tenant has an admin' using errcode = 'PZ409';
  end if;
  with standing as (
    insert into identity.invitation as i (tenant_id, id, email, role, invited_by, created_at, expires_at)
    values (invite_first_admin.tenant, invitation, address, 'admin', invite_first_admin.invited_by, at, at + lifetime)
    on conflict (tenant_id, email_folded) where state = 'pending'
    do update set expires_at = excluded.expires_at, role = excluded.role
    returning i.tenant_id, i.id)
  insert into identity.mail (id, kind, tenant_id, invitation_id, created_at, next_attempt_at)
  select invite_first_admin.mail, 'invitation', standing.tenant_id, standing.id, at, at from standing;
end
$$;
revoke execute on function platform.invite_first_admin from public;
grant execute on function platform.invite_first_admin to pz_admin;

-- Who may still come in while the deletion of their tenant is scheduled: its admins, to read and to take their data with
-- them. identity-service's sign-in says the same (people::may_sign_in).
create or replace function platform.require_live(
  person uuid, person_epoch integer, tenant_epoch integer, session uuid, writes boolean
) returns void
  language plpgsql stable security definer set search_path = pg_catalog
as $$
declare
  live record;
begin
  select t.id as tenant, t.state, t.epoch as tenant_epoch, p.epoch as person_epoch, p.state as person_state,
         s.id is not null and s.revoked_at is null and s.expires_at > now() as session_live
    into live
    from platform.tenant t
    left join identity.person p on p.id = require_live.person
    left join identity.session s on s.id = require_live.session and s.person_id = p.id and s.tenant_id = t.id
   where t.id = current_setting('app.current_tenant')::uuid;
  if not found
     or live.state not in ('trial', 'active', 'read_only')
        and not (live.state = 'deletion_scheduled'
                 and (exists (select from identity.membership m
                               where m.tenant_id = live.tenant and m.person_id = require_live.person
                                 and m.role = 'admin' and m.state = 'active')
                      or exists (select from identity.api_key k
                                  where k.id = require_live.person and k.tenant_id = live.tenant and k.role = 'admin'))) then
    raise exception 'the organization is not active' using errcode = 'PZ403';
  end if;
  if require_live.person is not null
     and (live.person_state is distinct from 'active' or not live.session_live
          or live.person_epoch <> require_live.person_epoch or live.tenant_epoch <> require_live.tenant_epoch) then
    raise exception 'the session has ended' using errcode = 'PZ401';
  end if;
  if require_live.writes and live.state in ('read_only', 'deletion_scheduled') then
    raise exception 'the organization is read-only' using errcode = 'PZ423';
  end if;
end
$$;
