import { getRouteApi } from "@tanstack/react-router";
import { AuditView } from "../components/audit-view";
import { words } from "../words";

const route = getRouteApi("/shell/audit");

/** An organization's own log, for its admins. */
export function OrgAuditPage() {
    const search = route.useSearch();
    const navigate = route.useNavigate();
    return <AuditView {...words.org} log="org" whole search={search} onSearch={(next, replace = false) => void navigate({ search: next, replace })} />;
}
