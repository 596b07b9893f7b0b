import archive from "@/components/archive/words.de";
import proof from "@/components/proof/words.de";
import supportSessions from "@/components/support-sessions/words.de";
import audit from "@/features/audit/words.de";
import authorize from "@/features/authorize/words.de";
import dashboard from "@/features/dashboard/words.de";
import items from "@/features/items/words.de";
import keys from "@/features/keys/words.de";
import login from "@/features/login/words.de";
import members from "@/features/members/words.de";
import orgs from "@/features/orgs/words.de";
import projects from "@/features/projects/words.de";
import settings from "@/features/settings/words.de";
import support from "@/features/support/words.de";
import common from "@/lib/language/common.de";
import type { TableName } from "@/lib/language/words";
import shell from "../words.de";

/** Every table in German, in one chunk that only German pages load. */
export const german: Record<TableName, object> = {
    archive,
    audit,
    authorize,
    common,
    dashboard,
    items,
    keys,
    login,
    members,
    orgs,
    projects,
    proof,
    settings,
    shell,
    support,
    "support-sessions": supportSessions,
};
