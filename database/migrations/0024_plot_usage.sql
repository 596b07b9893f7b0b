-- What staff see of an organization over time: how many of its people signed in, and how many sessions were open.

create index session_begun on identity.session (tenant_id, created_at);

-- In `buckets` stretches of `step` seconds from `since` on: sessions that people began, and those that were open at some time
-- in it. Numbers only; whose sessions they are is the organization's own business. For the platform's role, in the platform's
-- own tenant.
create function platform.count_sessions(tenant uuid, since timestamptz, step integer, buckets integer)
  returns table (at timestamptz, sign_ins bigint, sessions bigint)
  language sql stable security definer set search_path = pg_catalog
as $$
  with known as (
    select floor(extract(epoch from s.created_at - since) / step)::integer as first,
           floor(extract(epoch from coalesce(s.revoked_at, least(s.idle_expires_at, s.expires_at)) - since) / step)::integer
             as last
      from identity.session s
     where s.tenant_id = count_sessions.tenant and s.amr <> 'key'
       and s.created_at < since + buckets * step * interval '1 second'
       and coalesce(s.revoked_at, least(s.idle_expires_at, s.expires_at)) >= since
       and session_user = 'pz_admin' and current_setting('app.current_tenant')::uuid = '00000000-0000-0000-0000-000000000000'),
  -- One row for each session's begin and end, so that a sum counts who is there, however long the list.
  changes as (
    select greatest(first, 0) as bucket, (first >= 0)::integer as begun, 1 as more from known
    union all
    select last + 1, 0, -1 from known where last + 1 < buckets),
  summed as (
    select bucket, sum(begun) as begun, sum(more) as more from changes group by bucket)
  select since + n * step * interval '1 second', coalesce(c.begun, 0)::bigint, coalesce(sum(c.more) over (order by n), 0)::bigint
    from generate_series(0, buckets - 1) as n
    left join summed c on c.bucket = n
   order by n
$$;
revoke execute on function platform.count_sessions from public;
grant execute on function platform.count_sessions to pz_admin;

-- The lists of organizations can be narrowed to when they began, whatever their order.
create index tenant_by_name_and_age on platform.tenant (name_folded, id) include (slug, state, plan, created_at);
create index tenant_by_state_and_age on platform.tenant (state, id) include (name_folded, slug, plan, created_at);
drop index platform.tenant_by_name, platform.tenant_by_state;
alter index platform.tenant_by_name_and_age rename to tenant_by_name;
alter index platform.tenant_by_state_and_age rename to tenant_by_state;
