import { getRouteApi } from "@tanstack/react-router";
import { PeopleView } from "../components/people-view";

const route = getRouteApi("/shell/members");

/** An organization's own people, for its admins. */
export function MembersPage() {
    const search = route.useSearch();
    const navigate = route.useNavigate();
    return <PeopleView circle="org" search={search} onSearch={(next, replace = false) => void navigate({ search: next, replace })} />;
}
