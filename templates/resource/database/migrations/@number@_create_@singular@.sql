-- @Words@. docs/add-a-resource.md explains every line of this shape.

create table app.@singular@ (
  tenant_id uuid not null default current_setting('app.current_tenant')::uuid references platform.tenant,
  id uuid not null,
  @field.name@ @field.sql@,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create index @singular@_page on app.@singular@ (tenant_id, created_at desc, id desc);

alter table app.@singular@ enable row level security;
alter table app.@singular@ force row level security;
create policy tenant_rw on app.@singular@ for all to pz_app
  using (tenant_id = current_setting('app.current_tenant')::uuid)
  with check (tenant_id = current_setting('app.current_tenant')::uuid);
create policy tenant_ro on app.@singular@ for select to pz_support
  using (tenant_id = current_setting('app.current_tenant')::uuid);
create policy platform_ro on app.@singular@ for select to pz_admin using (true);
grant select, insert, update, delete on app.@singular@ to pz_app;
grant select on app.@singular@ to pz_support, pz_admin, pz_backup;
