/** The state of the projects page that its address carries. */
export interface ProjectSearch {
    /** Newest first when there is none. */
    sort?: "name";
}

export function validateProjectSearch(search: Record<string, unknown>): ProjectSearch {
    return search.sort === "name" ? { sort: "name" } : {};
}
