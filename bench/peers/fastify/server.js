// The items of the product in Fastify, postgres.js and jose, as their guides recommend: schemas for every answer, which
// Fastify compiles into serialisers; one pool for each process; a transaction whose statements leave together; keys by
// createRemoteJWKSet. Tuned: one process for each worker, and verified tokens are remembered until they expire.
import cluster from "node:cluster";
import Fastify from "fastify";
import { createRemoteJWKSet, jwtVerify } from "jose";
import postgres from "postgres";

const workers = Number(process.env.WORKERS ?? 1);
if (workers > 1 && cluster.isPrimary) {
  for (let i = 0; i < workers; i++) cluster.fork();
  process.on("SIGTERM", () => {
    for (const worker of Object.values(cluster.workers)) worker.kill();
  });
} else {
  await serve();
}

async function serve() {
  const { PORT, ISSUER, JWKS_URL, AUDIENCE = "product-core-api" } = process.env;
  const keys = createRemoteJWKSet(new URL(JWKS_URL));
  const sql = postgres({ max: 4, onnotice: () => {} });
  const remembered = new Map();
  const mostRemembered = 10_000;
  const roles = new Set(["admin", "standard"]);

  async function principal(request) {
    const token = request.headers.authorization?.replace(/^Bearer /i, "");
    if (!token) throw refusal(401, "not_authenticated");
    let known = remembered.get(token);
    if (!known || known.exp * 1000 <= Date.now()) {
      try {
        const { payload, protectedHeader } = await jwtVerify(token, keys, {
          issuer: ISSUER,
          audience: AUDIENCE,
          algorithms: ["ES256"],
          requiredClaims: ["exp", "iat", "sub"],
        });
        known = { ...payload, kid: protectedHeader.kid };
      } catch {
        throw refusal(401, "invalid_token");
      }
      if (remembered.size >= mostRemembered) remembered.delete(remembered.keys().next().value);
      remembered.set(token, known);
    }
    if (!roles.has(known.role)) throw refusal(403, "forbidden");
    return known;
  }

  // The tenant is the token's, checked for its form: SET takes no parameters.
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
  async function read(user, statement) {
    if (!uuid.test(user.tenant_id)) throw refusal(401, "invalid_token");
    const results = await sql.begin("read only", (sql) => [
      sql.unsafe(`set local app.current_tenant = '${user.tenant_id}'`),
      sql`select platform.require_live_token(${user.kid}, ${user.sub}, ${user.pv}, ${user.tv}, ${user.sid}, false)
           where not exists (
             select from platform.live_session
              where tenant_id = ${user.tenant_id} and id = ${user.sid} and person_id = ${user.sub}
                and person_epoch = ${user.pv} and tenant_epoch = ${user.tv} and signing_key = ${user.kid}
                and expires_at > now())`,
      statement(sql),
    ]);
    return results[2];
  }

  const text = { type: "string" };
  const textOrNull = { type: ["string", "null"] };
  const time = { type: "string", format: "date-time" };
  const item = {
    type: "object",
    properties: {
      id: text,
      project_id: textOrNull,
      title: text,
      description: textOrNull,
      status: text,
      created_by: textOrNull,
      created_at: time,
      updated_at: time,
      version: { type: "integer" },
    },
  };
  const page = { type: "object", properties: { items: { type: "array", items: item }, next_cursor: textOrNull } };
  const id = { type: "object", properties: { id: { type: "string", format: "uuid" } } };
  const pageQuery = {
    type: "object",
    properties: {
      limit: { type: "integer", minimum: 1, maximum: 100, default: 20 },
      cursor: { type: "string", minLength: 1, maxLength: 200 },
    },
  };

  const app = Fastify();
  app.get("/readyz", async () => ({ status: "ready" }));
  app.get("/api/v1/items/:id", { schema: { params: id, response: { 200: item } } }, async (request, reply) => {
    const user = await principal(request);
    const [row] = await read(
      user,
      (sql) => sql`
        select id, project_id, title, description, status, created_by, created_at, updated_at, version from app.item
         where tenant_id = ${user.tenant_id} and id = ${request.params.id}`,
    );
    if (!row) throw refusal(404, "not_found");
    reply.header("ETag", `"${row.version}"`);
    return row;
  });
  app.get("/api/v1/items", { schema: { querystring: pageQuery, response: { 200: page } } }, async (request) => {
    const user = await principal(request);
    const { limit, cursor } = request.query;
    const [createdAt, after] = cursor
      ? Buffer.from(cursor, "base64url").toString().split(" ")
      : ["infinity", "ffffffff-ffff-ffff-ffff-ffffffffffff"];
    const rows = await read(
      user,
      (sql) => sql`
        select id, project_id, title, description, status, created_by, created_at, updated_at, version from app.item
         where tenant_id = ${user.tenant_id} and (created_at, id) < (${createdAt}::text::timestamptz, ${after})
         order by created_at desc, id desc limit ${limit + 1}`,
    );
    const more = rows.length > limit;
    const items = more ? rows.slice(0, limit) : rows;
    const last = items.at(-1);
    return {
      items,
      next_cursor: more ? Buffer.from(`${last.created_at.toISOString()} ${last.id}`).toString("base64url") : null,
    };
  });
  await app.listen({ host: "127.0.0.1", port: Number(PORT) });
}

function refusal(status, code) {
  return Object.assign(new Error(code), { statusCode: status, code });
}
