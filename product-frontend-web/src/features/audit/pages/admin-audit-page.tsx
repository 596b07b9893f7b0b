import { getRouteApi } from "@tanstack/react-router";
import { AuditView } from "../components/audit-view";
import { words } from "../words";

const route = getRouteApi("/shell/admin/audit");

/** What all of the staff did, for platform admins. */
export function AdminAuditPage() {
    const search = route.useSearch();
    const navigate = route.useNavigate();
    return (
        <AuditView {...words.platform} log="platform" whole search={search} onSearch={(next, replace = false) => void navigate({ search: next, replace })} />
    );
}
