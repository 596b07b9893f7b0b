import { getRouteApi } from "@tanstack/react-router";
import { PeopleView } from "../components/people-view";

const route = getRouteApi("/shell/admin/staff");

/** The platform's own people, for platform admins. */
export function StaffPage() {
    const search = route.useSearch();
    const navigate = route.useNavigate();
    return <PeopleView circle="staff" search={search} onSearch={(next, replace = false) => void navigate({ search: next, replace })} />;
}
