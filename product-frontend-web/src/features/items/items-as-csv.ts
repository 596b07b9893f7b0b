import { toCsv } from "@/lib/csv";
import type { Item } from "./api";

const columns = ["id", "title", "status", "project", "description", "created_at", "updated_at"];

/** The columns have the names of the API, whatever language the page speaks: programs read the file, too. */
export function itemsAsCsv(items: readonly Item[], projectNames: ReadonlyMap<string, string>): string {
    const rows = items.map(({ id, title, status, project_id, description, created_at, updated_at }) => [
        id,
        title,
        status,
        project_id ? (projectNames.get(project_id) ?? project_id) : "",
        description ?? "",
        created_at,
        updated_at,
    ]);
    return toCsv([columns, ...rows]);
}
