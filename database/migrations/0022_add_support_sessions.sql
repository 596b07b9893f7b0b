-- Support sessions: what an organization allows, how a session of platform staff begins, who lets it begin, how it ends, and
-- what every request inside one is asked. docs/support-access.md tells the whole story.

-- What an organization's admins decided. Without a row: notify.
create table platform.support_policy (
  tenant_id uuid primary key default current_setting('app.current_tenant')::uuid references platform.tenant,
  policy text not null default 'notify' check (policy in ('open', 'notify', 'approval', 'window', 'deny')),
  window_until timestamptz,
  updated_at timestamptz not null,
  updated_by uuid,
  -- When the admins were last told in a letter what the sessions of a week were.
  digest_at timestamptz,
  constraint support_policy_window check ((policy = 'window') = (window_until is not null))
);
alter table platform.support_policy enable row level security;
alter table platform.support_policy force row level security;
create policy tenant_rw on platform.support_policy for all to pz_app
  using (tenant_id = current_setting('app.current_tenant')::uuid)
  with check (tenant_id = current_setting('app.current_tenant')::uuid);
create policy tenant_ro on platform.support_policy for select to pz_support
  using (tenant_id = current_setting('app.current_tenant')::uuid);
create policy platform_ro on platform.support_policy for select to pz_admin using (true);
create policy owner_all on platform.support_policy for all to pz_owner using (true) with check (true);
grant select, insert, update, delete on platform.support_policy to pz_app;
grant select on platform.support_policy to pz_support, pz_admin, pz_backup;

alter table platform.impersonation_session
  -- As it was then: the organization is told a name, and has no other way to one.
  add column agent_name text check (char_length(agent_name) <= 200),
  -- The sign-in in which it began, and with which it ends.
  add column agent_session_id uuid,
  add column ended_because text check (ended_because in (
    'agent', 'platform_admin', 'tenant_admin', 'unanswered', 'time', 'idle', 'agent_changed', 'signed_out', 'organization',
    'policy')),
  -- Requests that were answered: what phasezero audit reconcile compares with the log.
  add column request_count bigint not null default 0 check (request_count >= 0),
  -- False for an end that no request made, until it stands in both chains.
  add column recorded boolean not null default true;
-- For the platform's lists, whose policy is no predicate.
create index impersonation_session_recent on platform.impersonation_session (requested_at desc, id desc);
create index impersonation_session_agent on platform.impersonation_session (agent_id, requested_at desc, id desc);
create index impersonation_session_unrecorded on platform.impersonation_session (tenant_id, id) where not recorded;
create policy owner_all on platform.impersonation_session for all to pz_owner using (true) with check (true);

-- The life of a session, all of it: from which state which step of whom leads where. `who` is agent (whose session it is),
-- platform_admin (another one), tenant_admin or system. What is not here does not happen, and what ends has no way out.
create function platform.next_impersonation_state(state text, step text, who text) returns text
  language sql immutable set search_path = pg_catalog
as $$
  select life.after
    from (values
      ('pending', 'approve', 'tenant_admin',   'active'),
      ('pending', 'approve', 'platform_admin', 'active'),
      ('pending', 'deny',    'tenant_admin',   'denied'),
      ('pending', 'deny',    'platform_admin', 'denied'),
      ('pending', 'end',     'agent',          'denied'),
      ('pending', 'end',     'tenant_admin',   'denied'),
      ('pending', 'end',     'platform_admin', 'denied'),
      ('pending', 'revoke',  'system',         'denied'),
      ('pending', 'expire',  'system',         'expired'),
      ('active',  'end',     'agent',          'ended'),
      ('active',  'end',     'tenant_admin',   'revoked'),
      ('active',  'end',     'platform_admin', 'revoked'),
      ('active',  'revoke',  'system',         'revoked'),
      ('active',  'expire',  'system',         'expired'),
      ('active',  'idle',    'system',         'idle')) as life (before, step, who, after)
   where (life.before, life.step, life.who) = (state, next_impersonation_state.step, next_impersonation_state.who)
$$;

-- What a session is at a time, also while nobody has written down that its time is over: a request that nobody answers lives
-- for an hour, a session until its end or ten minutes after its last request.
create function platform.impersonation_state_at(
  state text, requested_at timestamptz, last_request_at timestamptz, expires_at timestamptz, at timestamptz
) returns text
  language sql stable set search_path = pg_catalog
as $$
  select case
    when state = 'pending' and requested_at + interval '1 hour' <= at then 'expired'
    when state = 'active' and expires_at <= at then 'expired'
    when state = 'active' and last_request_at + interval '10 minutes' <= at then 'idle'
    else state end
$$;

-- The migrator refuses statements that a policy could shorten, also while it only looks at a function's body.
set local check_function_bodies = off;

-- Sessions as people see them at a time: what is over by then is shown as over. Runs as its caller and without a search_path of
-- its own, so that it is taken into the statement around it.
create function platform.support_sessions(at timestamptz) returns table (
  id uuid, org_id uuid, org_name text, org_slug text, agent_id uuid, agent_name text, agent_role text, person_id uuid, mode text,
  state text, reason text, ticket text, minutes integer, requested_at timestamptz, started_at timestamptz,
  last_request_at timestamptz, expires_at timestamptz, ended_at timestamptz, approved_by uuid, ended_by uuid,
  ended_because text, requests bigint, remaining_seconds integer)
  language sql stable
as $$
  select i.id, i.tenant_id, t.name, t.slug, i.agent_id, i.agent_name, i.agent_role, i.person_id, i.mode, s.state, i.reason,
         i.ticket, i.minutes::integer, i.requested_at, i.started_at, i.last_request_at, i.expires_at,
         coalesce(i.ended_at,
                  case when s.state = 'idle' then i.last_request_at + interval '10 minutes'
                       when s.state = 'expired' then coalesce(i.expires_at, i.requested_at + interval '1 hour') end),
         i.approved_by, i.ended_by,
         coalesce(i.ended_because,
                  case when s.state = 'idle' then 'idle'
                       when s.state = 'expired' and i.started_at is null then 'unanswered'
                       when s.state = 'expired' then 'time' end),
         i.request_count,
         case when s.state = 'active' then greatest(0, ceil(extract(epoch from i.expires_at - at)))::integer else 0 end
    from platform.impersonation_session i
    join platform.tenant t on t.id = i.tenant_id
   cross join lateral (select platform.impersonation_state_at(
                         i.state, i.requested_at, i.last_request_at, i.expires_at, at) as state) s
$$;
revoke execute on function platform.support_sessions from public;
grant execute on function platform.support_sessions to pz_app, pz_support, pz_admin;

-- Why staff may not enter an organization in this mode now; null when they may. Runs as its caller.
create function platform.why_no_support(tenant uuid, agent_role text, mode text, at timestamptz) returns text
  language sql stable set search_path = pg_catalog
as $$
  select case
    when t.id = '00000000-0000-0000-0000-000000000000' then 'own_organization'
    when t.state not in ('trial', 'active', 'read_only', 'suspended') then 'not_active'
    when t.state = 'suspended' and (agent_role <> 'platform_admin' or mode = 'rw') then 'suspended'
    when t.state = 'read_only' and mode = 'rw' then 'read_only'
    when y.policy = 'deny' then 'denied'
    when y.policy = 'window' and y.window_until <= at then 'window_over'
    end
    from platform.tenant t
    left join platform.support_policy y on y.tenant_id = t.id
   where t.id = why_no_support.tenant
$$;

-- One letter to each admin of an organization. identity-service writes it. This and the other helpers that nobody may call are
-- called as the owner, by the functions and triggers below.
alter table identity.mail add column impersonation_id uuid;
alter table identity.mail drop constraint mail_kind_check, drop constraint mail_subject;
alter table identity.mail
  add constraint mail_kind_check check (kind in ('invitation', 'password_reset', 'password_changed', 'support_started',
                                                 'support_wanted', 'support_ended', 'support_digest')),
  add constraint mail_subject check (
    (kind = 'invitation') = (invitation_id is not null)
    and (kind in ('support_started', 'support_wanted', 'support_ended')) = (impersonation_id is not null));

create function platform.mail_admins(tenant uuid, kind text, session uuid, at timestamptz) returns void
  language sql volatile set search_path = pg_catalog set row_security = on
as $$
  insert into identity.mail (id, kind, tenant_id, impersonation_id, recipient, created_at, next_attempt_at)
  select gen_random_uuid(), mail_admins.kind, m.tenant_id, mail_admins.session, p.email, at, at
    from identity.membership m
    join identity.person p on p.id = m.person_id
   where m.tenant_id = mail_admins.tenant and m.role = 'admin' and m.state = 'active' and p.state = 'active'
     and p.email is not null
$$;

-- Who is told about what: by the organization's policy, whoever causes it.
create function platform.mail_about_impersonation(s platform.impersonation_session, at timestamptz) returns void
  language plpgsql volatile set search_path = pg_catalog set row_security = on
as $$
declare
  policy text := coalesce((select y.policy from platform.support_policy y where y.tenant_id = s.tenant_id), 'notify');
begin
  if s.state = 'pending' then
    perform platform.mail_admins(s.tenant_id, 'support_wanted', s.id, at);
  elsif policy = 'open' then
    return;
  elsif s.state = 'active' then
    perform platform.mail_admins(s.tenant_id, 'support_started', s.id, at);
  elsif s.started_at is not null then
    perform platform.mail_admins(s.tenant_id, 'support_ended', s.id, at);
  end if;
end
$$;

-- Begins a session, or finds the one that the agent has in this organization already (`is_new` false). `refusal` says why
-- there is none: no_organization, a word of why_no_support(), unproved, session_limit, start_limit (with the seconds to
-- wait), unknown_person, staff_or_admin. `proved`: the token says that the second factor was given a short while ago.
create function platform.start_impersonation(
  tenant uuid, new_id uuid, agent uuid, agent_role text, agent_session uuid, person uuid, mode text, minutes smallint,
  reason text, ticket text, proved boolean, starts_per_hour integer, at timestamptz
) returns table (refusal text, wait integer, id uuid, state text, session_mode text, expires_at timestamptz, is_new boolean)
  language plpgsql volatile security definer set search_path = pg_catalog set row_security = on
as $$
#variable_conflict use_column
declare
  public_tenant constant uuid := '00000000-0000-0000-0000-000000000000';
  found_tenant platform.tenant;
  policy platform.support_policy;
  agents identity.person;
  open platform.impersonation_session;
  begun platform.impersonation_session;
  role_there text;
  earliest timestamptz;
  starts integer;
begin
  if current_setting('app.current_tenant')::uuid <> public_tenant then
    raise exception 'support sessions begin at the platform' using errcode = 'insufficient_privilege';
  end if;
  -- Who suspends the organization, changes its policy, disables the agent or ends their sign-in at this moment either is
  -- waited for, or waits and then finds this session.
  select * into found_tenant from platform.tenant t where t.id = start_impersonation.tenant for share;
  if not found then
    return query select 'no_organization', null::integer, null::uuid, null, null, null::timestamptz, false;
    return;
  end if;
  select * into agents from identity.person p
   where p.id = agent and p.state = 'active'
     and exists (select from identity.membership m where m.tenant_id = public_tenant and m.person_id = p.id
                    and m.role = start_impersonation.agent_role and m.state = 'active')
     for share;
  perform from identity.session s where s.id = agent_session and s.person_id = agent and s.revoked_at is null for share;
  if agents.id is null or not found then
    raise exception 'the session has ended' using errcode = 'PZ401';
  end if;
  -- Two starts of one agent stand in line, so that they count each other.
  perform pg_advisory_xact_lock(hashtextextended('platform.start_impersonation ' || agent, 0));

  refusal := platform.why_no_support(found_tenant.id, start_impersonation.agent_role, start_impersonation.mode, at);
  if refusal is null and exists (select from identity.totp o where o.person_id = agent and o.confirmed_at is not null)
     and not proved then
    refusal := 'unproved';
  end if;
  if refusal is null then
    select * into open from platform.impersonation_session i
     where i.tenant_id = found_tenant.id and i.agent_id = agent
       and platform.impersonation_state_at(i.state, i.requested_at, i.last_request_at, i.expires_at, at)
           in ('pending', 'active');
    if found then
      return query select null, null::integer, open.id, open.state, open.mode, open.expires_at, false;
      return;
    end if;
    select min(i.requested_at), count(*) into earliest, starts from platform.impersonation_session i
     where i.agent_id = agent and i.requested_at > at - interval '1 hour';
    if starts >= starts_per_hour then
      refusal := 'start_limit';
      wait := greatest(1, ceil(extract(epoch from earliest + interval '1 hour' - at)));
    elsif 3 <= (select count(*) from platform.impersonation_session i
                 where i.agent_id = agent
                   and platform.impersonation_state_at(i.state, i.requested_at, i.last_request_at, i.expires_at, at)
                       in ('pending', 'active')) then
      refusal := 'session_limit';
    end if;
  end if;
  if refusal is null and person is not null then
    select m.role into role_there from identity.membership m
      join identity.person p on p.id = m.person_id
     where m.tenant_id = found_tenant.id and m.person_id = start_impersonation.person
       and m.state = 'active' and p.state = 'active' and p.kind = 'person';
    if not found then
      refusal := 'unknown_person';
    elsif role_there <> 'standard'
          or exists (select from identity.membership m
                      where m.tenant_id = public_tenant and m.person_id = start_impersonation.person) then
      refusal := 'staff_or_admin';
    end if;
  end if;
  if refusal is not null then
    return next;
    return;
  end if;

  -- What is over by time and not yet written down would be in the way.
  perform platform.lapse_impersonations(at, found_tenant.id, agent);
  select * into policy from platform.support_policy y where y.tenant_id = found_tenant.id;
  insert into platform.impersonation_session as i
    (tenant_id, id, agent_id, agent_role, agent_name, agent_session_id, person_id, mode, state, reason, ticket, minutes,
     requested_at, started_at, last_request_at, expires_at)
  select found_tenant.id, new_id, agent, start_impersonation.agent_role, agents.name, agent_session, person,
         start_impersonation.mode, case when starts_now then 'active' else 'pending' end, reason, ticket,
         start_impersonation.minutes, at, case when starts_now then at end, case when starts_now then at end,
         case when starts_now then least(at + make_interval(mins => start_impersonation.minutes), policy.window_until) end
    from (select start_impersonation.mode = 'ro' and policy.policy is distinct from 'approval' as starts_now) as rule
  returning * into begun;
  perform platform.mail_about_impersonation(begun, at);
  return query select null, null::integer, begun.id, begun.state, begun.mode, begun.expires_at, true;
end
$$;
revoke execute on function platform.start_impersonation from public;
grant execute on function platform.start_impersonation to pz_admin;

-- A step that somebody takes: approve, deny, end. Who they are follows from the connection: the organization's admin on its
-- own, the agent inside the session on the read-only one, staff on the platform's. No row: there is no such session for them.
-- Ending what has ended changes nothing. Raises PZ409 for a step that does not lead on, PZ451 when another person must take it.
create function platform.take_impersonation_step(
  session uuid, step text, actor uuid, actor_role text, at timestamptz
) returns table (tenant uuid, before text, after text, agent uuid)
  language plpgsql volatile security definer set search_path = pg_catalog set row_security = on
as $$
declare
  bound constant uuid := current_setting('app.current_tenant')::uuid;
  public_tenant constant uuid := '00000000-0000-0000-0000-000000000000';
  s platform.impersonation_session;
  who text;
  policy platform.support_policy;
begin
  select * into s from platform.impersonation_session i
   where i.id = session and (i.tenant_id = bound or session_user = 'pz_admin' and bound = public_tenant) for update;
  if not found then
    return;
  end if;
  who := case
    when session_user = 'pz_app' and actor_role = 'admin' then 'tenant_admin'
    when session_user in ('pz_admin', 'pz_support') and actor = s.agent_id then 'agent'
    when session_user = 'pz_admin' and actor_role = 'platform_admin' then 'platform_admin' end;
  if who is null then
    return;
  end if;
  tenant := s.tenant_id;
  agent := s.agent_id;
  before := platform.impersonation_state_at(s.state, s.requested_at, s.last_request_at, s.expires_at, at);
  if step = 'end' and before not in ('pending', 'active') then
    after := before;
    return next;
    return;
  end if;
  select * into policy from platform.support_policy y where y.tenant_id = s.tenant_id;
  if before = 'pending' and step in ('approve', 'deny')
     and (who = 'agent' or who = 'platform_admin' and (s.mode <> 'rw' or policy.policy = 'approval')) then
    raise exception 'another person decides' using errcode = 'PZ451';
  end if;
  after := platform.next_impersonation_state(before, step, who);
  if after is null then
    raise exception 'a session that is % cannot %', before, step using errcode = 'PZ409';
  end if;
  if after = 'active' then
    if platform.why_no_support(s.tenant_id, s.agent_role, s.mode, at) is not null then
      raise exception 'the organization does not allow it any more' using errcode = 'PZ409';
    end if;
    update platform.impersonation_session i
       set state = after, started_at = at, last_request_at = at, approved_by = actor,
           expires_at = least(at + make_interval(mins => i.minutes), policy.window_until)
     where i.tenant_id = s.tenant_id and i.id = s.id
    returning * into s;
  else
    update platform.impersonation_session i
       set state = after, ended_at = at, ended_by = actor, ended_because = who
     where i.tenant_id = s.tenant_id and i.id = s.id
    returning * into s;
  end if;
  perform platform.mail_about_impersonation(s, at);
  return next;
end
$$;
revoke execute on function platform.take_impersonation_step from public;
grant execute on function platform.take_impersonation_step to pz_app, pz_support, pz_admin;

-- What ends by itself.
create function platform.end_impersonation_by_system(
  s platform.impersonation_session, step text, because text, at timestamptz
) returns void
  language plpgsql volatile set search_path = pg_catalog set row_security = on
as $$
begin
  update platform.impersonation_session i
     set state = platform.next_impersonation_state(i.state, step, 'system'), ended_at = at, ended_because = because,
         recorded = false
   where i.tenant_id = s.tenant_id and i.id = s.id and i.state in ('pending', 'active')
  returning * into s;
  if found then
    perform platform.mail_about_impersonation(s, at);
  end if;
end
$$;

-- Writes down what is over by time; of everybody, or of one agent in one organization. Returns how many.
create function platform.lapse_impersonations(at timestamptz, of_tenant uuid, of_agent uuid) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog set row_security = on
as $$
declare
  s platform.impersonation_session;
  lapsed text;
  ended integer := 0;
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform writes down what is over' using errcode = 'insufficient_privilege';
  end if;
  for s in
    select * from platform.impersonation_session i
     where i.state in ('pending', 'active')
       and (of_tenant is null or i.tenant_id = of_tenant) and (of_agent is null or i.agent_id = of_agent)
       and platform.impersonation_state_at(i.state, i.requested_at, i.last_request_at, i.expires_at, at) <> i.state
       for update skip locked
  loop
    lapsed := platform.impersonation_state_at(s.state, s.requested_at, s.last_request_at, s.expires_at, at);
    perform platform.end_impersonation_by_system(
      s, case lapsed when 'idle' then 'idle' else 'expire' end,
      case when s.state = 'pending' then 'unanswered' when lapsed = 'idle' then 'idle' else 'time' end, at);
    ended := ended + 1;
  end loop;
  return ended;
end
$$;

create function platform.revoke_impersonations(of_tenant uuid, of_agent uuid, of_sign_in uuid, because text) returns void
  language plpgsql volatile set search_path = pg_catalog set row_security = on
as $$
declare
  s platform.impersonation_session;
begin
  for s in
    select * from platform.impersonation_session i
     where i.state in ('pending', 'active')
       and (i.tenant_id = of_tenant or i.agent_id = of_agent or i.agent_session_id = of_sign_in)
     order by i.tenant_id, i.id
       for update
  loop
    perform platform.end_impersonation_by_system(s, 'revoke', because, now());
  end loop;
end
$$;
revoke execute on function platform.next_impersonation_state, platform.mail_admins, platform.mail_about_impersonation,
  platform.end_impersonation_by_system, platform.lapse_impersonations, platform.revoke_impersonations,
  platform.impersonation_state_at, platform.why_no_support from public;
grant execute on function platform.impersonation_state_at to pz_app, pz_support, pz_admin, pz_identity;
grant execute on function platform.why_no_support, platform.lapse_impersonations to pz_admin;

-- At most so many ends that stand in no chain yet, marked as being written down: by whoever asks, in the same transaction.
create function platform.take_unrecorded_impersonations(batch integer)
  returns table (tenant uuid, id uuid, agent uuid, agent_role text, mode text, state text, because text, reason text,
                 ticket text, ended_at timestamptz)
  language plpgsql volatile security definer set search_path = pg_catalog set row_security = on
as $$
#variable_conflict use_column
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform writes down what is over' using errcode = 'insufficient_privilege';
  end if;
  return query
    update platform.impersonation_session i set recorded = true
      from (select u.tenant_id, u.id from platform.impersonation_session u
             where not u.recorded order by u.tenant_id, u.id limit batch for update skip locked) as mine
     where i.tenant_id = mine.tenant_id and i.id = mine.id
    returning i.tenant_id, i.id, i.agent_id, i.agent_role, i.mode, i.state, i.ended_because, i.reason, i.ticket, i.ended_at;
end
$$;
revoke execute on function platform.take_unrecorded_impersonations from public;
grant execute on function platform.take_unrecorded_impersonations to pz_admin;

-- The agent lost the account, the role or the password; the agent signed out; the organization's state changed.
create function platform.end_impersonations_of_agent() returns trigger
  language plpgsql security definer set search_path = pg_catalog set row_security = on
as $$
begin
  perform platform.revoke_impersonations(null, old.id, null, 'agent_changed');
  return null;
end
$$;
create function platform.end_impersonations_of_member() returns trigger
  language plpgsql security definer set search_path = pg_catalog set row_security = on
as $$
begin
  perform platform.revoke_impersonations(null, old.person_id, null, 'agent_changed');
  return null;
end
$$;
create function platform.end_impersonations_of_sign_in() returns trigger
  language plpgsql security definer set search_path = pg_catalog set row_security = on
as $$
begin
  perform platform.revoke_impersonations(null, null, old.id, 'signed_out');
  return null;
end
$$;
create function platform.end_impersonations_of_tenant() returns trigger
  language plpgsql security definer set search_path = pg_catalog set row_security = on
as $$
begin
  perform platform.revoke_impersonations(old.id, null, null, 'organization');
  return null;
end
$$;
revoke execute on function platform.end_impersonations_of_agent, platform.end_impersonations_of_member,
  platform.end_impersonations_of_sign_in, platform.end_impersonations_of_tenant from public;
create trigger person_impersonation after update of epoch, state on identity.person
  for each row when ((old.epoch, old.state) is distinct from (new.epoch, new.state))
  execute function platform.end_impersonations_of_agent();
create trigger membership_impersonation_update after update of role, state on identity.membership
  for each row when (old.tenant_id = '00000000-0000-0000-0000-000000000000'
                     and (old.role, old.state) is distinct from (new.role, new.state))
  execute function platform.end_impersonations_of_member();
create trigger membership_impersonation_delete after delete on identity.membership
  for each row when (old.tenant_id = '00000000-0000-0000-0000-000000000000')
  execute function platform.end_impersonations_of_member();
create trigger session_impersonation_update after update of revoked_at on identity.session
  for each row when (old.tenant_id = '00000000-0000-0000-0000-000000000000'
                     and old.revoked_at is null and new.revoked_at is not null)
  execute function platform.end_impersonations_of_sign_in();
create trigger session_impersonation_delete after delete on identity.session
  for each row when (old.tenant_id = '00000000-0000-0000-0000-000000000000')
  execute function platform.end_impersonations_of_sign_in();
create trigger tenant_impersonation after update of epoch, state on platform.tenant
  for each row when ((old.epoch, old.state) is distinct from (new.epoch, new.state))
  execute function platform.end_impersonations_of_tenant();

-- What an organization's admins decide; with deny nobody of the platform is inside any more when it commits.
create function platform.set_support_policy(new_policy text, until timestamptz, actor uuid, at timestamptz) returns void
  language plpgsql volatile security definer set search_path = pg_catalog set row_security = on
as $$
declare
  bound constant uuid := current_setting('app.current_tenant')::uuid;
begin
  if session_user <> 'pz_app' then
    raise exception 'an organization decides about itself' using errcode = 'insufficient_privilege';
  end if;
  perform from platform.tenant t where t.id = bound for update;
  insert into platform.support_policy as y (tenant_id, policy, window_until, updated_at, updated_by)
  values (bound, new_policy, until, at, actor)
  on conflict (tenant_id) do update
    set policy = excluded.policy, window_until = excluded.window_until, updated_at = excluded.updated_at,
        updated_by = excluded.updated_by;
  if new_policy = 'deny' then
    perform platform.revoke_impersonations(bound, null, null, 'policy');
  end if;
end
$$;
revoke execute on function platform.set_support_policy from public;
grant execute on function platform.set_support_policy to pz_app;

-- In every request of a session, directly behind SET LOCAL: as platform.require_live_token() is in everybody else's. The
-- token's words are compared with what holds now; PZ440 when any of it does not.
create function platform.require_live_impersonation(
  signing_key text, session uuid, agent uuid, agent_role text, agent_epoch integer, agent_session uuid, tenant_epoch integer,
  mode text
) returns void
  language plpgsql stable security definer set search_path = pg_catalog set row_security = on
as $$
declare
  public_tenant constant uuid := '00000000-0000-0000-0000-000000000000';
begin
  if exists (select from identity.signing_key k where k.kid = signing_key and k.state = 'revoked') then
    raise exception 'the key that signed the token is revoked' using errcode = 'PZ498';
  end if;
  perform
    from platform.impersonation_session i
    join platform.tenant t on t.id = i.tenant_id
    join identity.person p on p.id = i.agent_id
    join identity.membership m on m.tenant_id = public_tenant and m.person_id = i.agent_id
    join identity.session s on s.id = agent_session and s.person_id = i.agent_id and s.tenant_id = public_tenant
    left join platform.support_policy y on y.tenant_id = i.tenant_id
   where i.tenant_id = current_setting('app.current_tenant')::uuid and i.id = session
     and i.agent_id = agent and i.agent_role = require_live_impersonation.agent_role
     and i.mode = require_live_impersonation.mode
     and i.state = 'active' and i.expires_at > now() and i.last_request_at > now() - interval '10 minutes'
     and p.state = 'active' and p.epoch = agent_epoch and m.role = i.agent_role and m.state = 'active'
     and s.revoked_at is null and s.expires_at > now()
     and t.epoch = tenant_epoch
     and (t.state in ('trial', 'active')
          or i.mode = 'ro' and (t.state = 'read_only' or t.state = 'suspended' and i.agent_role = 'platform_admin'))
     and coalesce(y.policy, 'notify') <> 'deny'
     and (i.person_id is null
          or exists (select from identity.membership n join identity.person q on q.id = n.person_id
                      where n.tenant_id = i.tenant_id and n.person_id = i.person_id and n.role = 'standard'
                        and n.state = 'active' and q.state = 'active'));
  if not found then
    raise exception 'the support session has ended' using errcode = 'PZ440';
  end if;
end
$$;
revoke execute on function platform.require_live_impersonation from public;
grant execute on function platform.require_live_impersonation to pz_app, pz_support, pz_admin, pz_identity;

-- With COMMIT: the request counts, and nothing that it read or wrote leaves when the session has ended meanwhile.
create function platform.count_impersonated_request(session uuid) returns void
  language plpgsql volatile security definer set search_path = pg_catalog set row_security = on
as $$
begin
  update platform.impersonation_session i
     set request_count = i.request_count + 1, last_request_at = greatest(i.last_request_at, now())
   where i.tenant_id = current_setting('app.current_tenant')::uuid and i.id = session and i.state = 'active';
  if not found then
    raise exception 'the support session has ended' using errcode = 'PZ440';
  end if;
end
$$;
revoke execute on function platform.count_impersonated_request from public;
grant execute on function platform.count_impersonated_request to pz_app, pz_support, pz_admin, pz_identity;

-- A letter to the admins of each organization in which somebody was in the last week, once a week. Returns how many.
create function platform.queue_support_digests(at timestamptz) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog set row_security = on
as $$
declare
  due uuid;
  queued integer := 0;
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform writes these letters' using errcode = 'insufficient_privilege';
  end if;
  for due in
    select distinct i.tenant_id from platform.impersonation_session i
      left join platform.support_policy y on y.tenant_id = i.tenant_id
      join platform.tenant t on t.id = i.tenant_id and t.state in ('trial', 'active', 'read_only')
     where i.requested_at > at - interval '7 days'
       and coalesce(y.digest_at, '-infinity') <= at - interval '7 days'
     order by 1
  loop
    insert into platform.support_policy as y (tenant_id, updated_at, digest_at) values (due, at, at)
    on conflict (tenant_id) do update set digest_at = excluded.digest_at
      where coalesce(y.digest_at, '-infinity') <= at - interval '7 days';
    if found then
      perform platform.mail_admins(due, 'support_digest', null, at);
      queued := queued + 1;
    end if;
  end loop;
  return queued;
end
$$;
revoke execute on function platform.queue_support_digests from public;
grant execute on function platform.queue_support_digests to pz_admin;

-- What should not go unseen, of each agent: sessions in many organizations within an hour, without a ticket, or at times when
-- nobody works. Runs as its caller.
create function platform.support_signals(
  at timestamptz, days integer, many integer, zone text, first_hour integer, last_hour integer
) returns table (kind text, agent_id uuid, agent_name text, sessions bigint, organizations bigint, first_at timestamptz,
                 last_at timestamptz)
  language sql stable set search_path = pg_catalog
as $$
  with recent as (
    select i.agent_id, i.agent_name, i.tenant_id, i.ticket, i.requested_at, i.requested_at at time zone zone as local
      from platform.impersonation_session i
     where i.requested_at > at - make_interval(days => days)),
  noted as (
    select 'many_organizations' as kind, r.* from recent r
     where many <= (select count(distinct o.tenant_id) from recent o
                     where o.agent_id = r.agent_id and o.requested_at > r.requested_at - interval '1 hour'
                       and o.requested_at <= r.requested_at)
    union all
    select 'no_ticket', r.* from recent r where r.ticket is null
    union all
    select 'outside_hours', r.* from recent r
     where extract(isodow from r.local) > 5 or extract(hour from r.local) < first_hour
        or extract(hour from r.local) >= last_hour)
  select n.kind, n.agent_id, max(n.agent_name), count(*), count(distinct n.tenant_id), min(n.requested_at),
         max(n.requested_at)
    from noted n
   group by n.kind, n.agent_id
   order by max(n.requested_at) desc, n.kind
   limit 200
$$;
revoke execute on function platform.support_signals from public;
grant execute on function platform.support_signals to pz_admin;
