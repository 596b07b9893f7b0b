-- Schema platform: the registry of tenants.

create schema platform;
grant usage on schema platform to pz_app, pz_support, pz_admin, pz_identity, pz_backup;

create table platform.tenant (
  id uuid primary key,
  -- Globally unique by intent: it is the tenant's public handle.
  slug text not null collate "C" constraint tenant_slug_key unique
    check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name text not null check (char_length(name) between 1 and 200),
  -- Folded once when written, so that searching needs no lower() below a policy.
  name_folded text collate "C" not null generated always as (lower(name)) stored,
  state text not null default 'active'
    check (state in ('provisioning', 'trial', 'active', 'read_only', 'suspended', 'deletion_scheduled', 'deleting', 'deleted')),
  plan text not null default 'free' check (plan in ('free', 'team', 'business', 'enterprise')),
  -- Raised by every change of state; a token that carries an older number is dead.
  epoch integer not null default 1 check (epoch > 0),
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index tenant_page on platform.tenant (created_at desc, id desc);
create index tenant_name on platform.tenant (name_folded, id);

-- A tenant's own connection sees its own row; the platform's roles see all of them. The owner has a policy of its own
-- because the security definer functions below run as the owner and the table is forced.
alter table platform.tenant enable row level security;
alter table platform.tenant force row level security;
create policy tenant_own on platform.tenant for select to pz_app
  using (id = current_setting('app.current_tenant')::uuid);
create policy tenant_own_support on platform.tenant for select to pz_support
  using (id = current_setting('app.current_tenant')::uuid);
create policy platform_all on platform.tenant for all to pz_admin using (true) with check (true);
create policy identity_read on platform.tenant for select to pz_identity using (true);
create policy owner_all on platform.tenant for all to pz_owner using (true) with check (true);
grant select on platform.tenant to pz_app, pz_support, pz_identity, pz_backup;
grant select, insert, update on platform.tenant to pz_admin;
