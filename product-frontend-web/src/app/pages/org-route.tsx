import { getRouteApi } from "@tanstack/react-router";
import { lazy } from "react";
import { OrgPage } from "@/features/orgs/pages/org-page";

const OrgAudit = lazy(() => import("./org-audit"));

const route = getRouteApi("/shell/admin/orgs/$id");

/** An organization's page, of two features: what staff did to it is a part of the audit log. */
export function OrgRoute() {
    const { id } = route.useParams();
    return <OrgPage audit={<OrgAudit id={id} />} />;
}
