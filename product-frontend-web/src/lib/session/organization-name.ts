import { useQuery } from "@tanstack/react-query";
import { meQuery } from "../api/me";
import { supportView } from "./browser-session";

/** The organization that the pages show; undefined while it is not known. */
export function useOrganizationName(): string | undefined {
    const { data } = useQuery({ ...meQuery, enabled: supportView === null });
    return supportView ? supportView.session()?.org_name : data?.tenant.name;
}
