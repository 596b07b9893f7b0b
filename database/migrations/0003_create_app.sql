-- Schema app: the tenants' own business tables. docs/add-a-resource.md explains every line of this shape.

create schema app;
grant usage on schema app to pz_app, pz_support, pz_admin, pz_backup;

create table app.project (
  tenant_id uuid not null default current_setting('app.current_tenant')::uuid references platform.tenant,
  id uuid not null,
  name text not null check (char_length(name) between 1 and 120),
  description text check (char_length(description) <= 2000),
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint project_name_key unique (tenant_id, name)
);
create index project_page on app.project (tenant_id, created_at desc, id desc);

create table app.item (
  tenant_id uuid not null default current_setting('app.current_tenant')::uuid references platform.tenant,
  id uuid not null,
  project_id uuid,
  title text not null check (char_length(title) between 1 and 200),
  -- Folded once when written: lower(title) in a predicate is not leakproof and would run above the policy.
  title_folded text collate "C" not null generated always as (lower(title)) stored,
  description text check (char_length(description) <= 2000),
  status text not null default 'open' check (status in ('open', 'done', 'archived')),
  created_by uuid,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint item_project_fkey foreign key (tenant_id, project_id) references app.project (tenant_id, id) on delete cascade
);
create index item_page on app.item (tenant_id, created_at desc, id desc);
create index item_project on app.item (tenant_id, project_id, created_at desc, id desc);
create index item_title on app.item (tenant_id, title_folded);

alter table app.project enable row level security;
alter table app.project force row level security;
create policy tenant_rw on app.project for all to pz_app
  using (tenant_id = current_setting('app.current_tenant')::uuid)
  with check (tenant_id = current_setting('app.current_tenant')::uuid);
create policy tenant_ro on app.project for select to pz_support
  using (tenant_id = current_setting('app.current_tenant')::uuid);
create policy platform_ro on app.project for select to pz_admin using (true);
grant select, insert, update, delete on app.project to pz_app;
grant select on app.project to pz_support, pz_admin, pz_backup;

alter table app.item enable row level security;
alter table app.item force row level security;
create policy tenant_rw on app.item for all to pz_app
  using (tenant_id = current_setting('app.current_tenant')::uuid)
  with check (tenant_id = current_setting('app.current_tenant')::uuid);
create policy tenant_ro on app.item for select to pz_support
  using (tenant_id = current_setting('app.current_tenant')::uuid);
create policy platform_ro on app.item for select to pz_admin using (true);
grant select, insert, update, delete on app.item to pz_app;
grant select on app.item to pz_support, pz_admin, pz_backup;
