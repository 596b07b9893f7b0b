-- A tenant's credentials of third parties. docs/add-a-resource.md explains every line of this shape.

create table app.integration (
  tenant_id uuid not null default current_setting('app.current_tenant')::uuid references platform.tenant,
  id uuid not null,
  name text not null check (char_length(name) between 1 and 120),
  kind text not null check (kind in ('api_key', 'oauth_client', 'password', 'webhook')),
  -- Fernet under PZ_ENCRYPTION_KEYS, with column, tenant and id inside the plaintext; null: not set yet.
  secret_encrypted text check (char_length(secret_encrypted) between 100 and 24000),
  secret_set_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint integration_name_key unique (tenant_id, name),
  constraint integration_secret check ((secret_encrypted is null) = (secret_set_at is null))
);
create index integration_page on app.integration (tenant_id, created_at desc, id desc);

alter table app.integration enable row level security;
alter table app.integration force row level security;
create policy tenant_rw on app.integration for all to pz_app
  using (tenant_id = current_setting('app.current_tenant')::uuid)
  with check (tenant_id = current_setting('app.current_tenant')::uuid);
create policy tenant_ro on app.integration for select to pz_support
  using (tenant_id = current_setting('app.current_tenant')::uuid);
create policy platform_ro on app.integration for select to pz_admin using (true);
grant select, insert, update, delete on app.integration to pz_app;
grant select on app.integration to pz_support, pz_admin, pz_backup;
