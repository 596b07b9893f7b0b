-- The demo's organizations. Idempotent: a second run changes nothing. The file name says which role runs it.
insert into platform.tenant (id, slug, name, state, plan) values
  ('00000000-0000-0000-0000-000000000000', 'numbersence', 'Numbersence', 'active', 'enterprise'),
  ('0197c0de-0000-7000-8000-00000000ac3e', 'acme', 'Acme Robotics', 'active', 'business'),
  ('0197c0de-0000-7000-8000-00000000610b', 'globex', 'Globex', 'active', 'team'),
  ('0197c0de-0000-7000-8000-00000001417c', 'initech', 'Initech', 'suspended', 'free')
on conflict (id) do nothing;
