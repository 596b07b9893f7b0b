-- What a plan allows is what there can be: items and members are refused beyond their limits.

-- How many more items a tenant may make until its items are counted again. It only ever says yes: who finds room takes one
-- and counts nothing; who finds none counts, with the row locked, and is refused only when the count says so. So whatever
-- deletes items need not know of this table, and a row that is missing, or was counted under another limit, costs time and
-- never an item.
create table platform.item_room (
  tenant_id uuid primary key default current_setting('app.current_tenant')::uuid references platform.tenant,
  -- The limit that held when `room` was counted.
  allowed bigint not null,
  room bigint not null check (room >= 0)
) with (fillfactor = 50);  -- written by every create, so that its versions stay on one page

alter table platform.item_room enable row level security;
alter table platform.item_room force row level security;
create policy tenant_rw on platform.item_room for all to pz_app
  using (tenant_id = current_setting('app.current_tenant')::uuid)
  with check (tenant_id = current_setting('app.current_tenant')::uuid);
create policy tenant_ro on platform.item_room for select to pz_support
  using (tenant_id = current_setting('app.current_tenant')::uuid);
create policy platform_ro on platform.item_room for select to pz_admin using (true);
grant select, insert, update, delete on platform.item_room to pz_app;
grant select on platform.item_room to pz_support, pz_admin, pz_backup;

-- Takes room for one item of a tenant; the caller makes the item in the same transaction. Raises PZ402 with the
-- limit as its message and its name as the constraint. Runs as its caller. Those who make items of one tenant wait for each
-- other here until they commit (as they do for the end of its audit chain), and for no other tenant.
create function platform.take_item_room(tenant uuid) returns void
  language plpgsql volatile set search_path = pg_catalog
as $$
declare
  item_limit bigint;
  there bigint;
begin
  for attempt in 1..2 loop
    update platform.item_room r set room = r.room - 1
      from platform.tenant t join platform.plan p on p.name = t.plan
     where r.tenant_id = take_item_room.tenant and t.id = take_item_room.tenant
       and r.allowed = coalesce(t.item_limit, p.item_limit) and r.room > 0;
    if found then
      return;
    end if;
    exit when attempt = 2;
    select coalesce(t.item_limit, p.item_limit) into item_limit
      from platform.tenant t join platform.plan p on p.name = t.plan where t.id = take_item_room.tenant;
    if item_limit is null then
      return;
    end if;
    -- Nothing but a lock on the row. Who waited for it looks again: there may be room by now.
    insert into platform.item_room as r (tenant_id, allowed, room) values (take_item_room.tenant, item_limit, 0)
    on conflict (tenant_id) do update set allowed = r.allowed;
  end loop;
  -- A statement of its own, after the lock: it sees what those before have made.
  select count(*) into there
    from (select from app.item i where i.tenant_id = take_item_room.tenant limit item_limit) as counted;
  if there >= item_limit then
    raise exception '%', item_limit using errcode = 'PZ402', constraint = 'items';
  end if;
  update platform.item_room r set allowed = item_limit, room = item_limit - there - 1
   where r.tenant_id = take_item_room.tenant;
end
$$;
revoke execute on function platform.take_item_room from public;
grant execute on function platform.take_item_room to pz_app;

-- Returns true if a tenant has a seat for one person more, and holds it until the transaction ends; else raises PZ402 as
-- above. Members count who are not disabled; with a time also those who are invited then, but for the address that is asked
-- for. The platform's own staff have no limit.
create function identity.require_seat(tenant uuid, invited_at timestamptz, address text) returns boolean
  language plpgsql volatile set search_path = pg_catalog
as $$
declare
  member_limit bigint;
  taken bigint;
begin
  select coalesce(t.member_limit, p.member_limit) into member_limit
    from platform.tenant t join platform.plan p on p.name = t.plan
   where t.id = require_seat.tenant and t.id <> '00000000-0000-0000-0000-000000000000';
  if member_limit is null then
    return true;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('identity.require_seat ' || require_seat.tenant, 0));
  select (select count(*) from identity.membership m where m.tenant_id = require_seat.tenant and m.state = 'active')
       + (select count(*) from identity.invitation i
           where i.tenant_id = require_seat.tenant and i.state = 'pending' and i.expires_at > require_seat.invited_at
             and i.email_folded <> lower(require_seat.address))
    into taken;
  if taken >= member_limit then
    raise exception '%', member_limit using errcode = 'PZ402', constraint = 'members';
  end if;
  return true;
end
$$;
revoke execute on function identity.require_seat from public;
grant execute on function identity.require_seat to pz_identity;
