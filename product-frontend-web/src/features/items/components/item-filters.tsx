import { Select } from "@/components/ui/field";
import { SearchField } from "@/components/ui/search-field";
import { statusWord } from "@/components/ui/status-badge";
import { type ItemSearch, itemStatuses } from "../search";

interface ItemFiltersProps {
    search: ItemSearch;
    projects: { id: string; name: string }[];
    onChange(change: Partial<Record<"q" | "status" | "project", string>>): void;
}

export function ItemFilters({ search, projects, onChange }: ItemFiltersProps) {
    return (
        <div className="flex flex-wrap gap-2 border-b border-line p-3 sm:px-5">
            <SearchField
                label="Search items by the beginning of their title"
                placeholder="Title begins with"
                value={search.q ?? ""}
                onSearch={(q) => onChange({ q })}
                className="w-full sm:w-72"
            />
            <Select
                aria-label="Status"
                value={search.status ?? ""}
                onChange={(event) => onChange({ status: event.target.value })}
                className="min-w-0 flex-1 sm:w-auto sm:flex-none"
            >
                <option value="">Any status</option>
                {itemStatuses.map((status) => (
                    <option key={status} value={status}>
                        {statusWord(status)}
                    </option>
                ))}
            </Select>
            <Select
                aria-label="Project"
                value={search.project ?? ""}
                onChange={(event) => onChange({ project: event.target.value })}
                className="min-w-0 flex-1 sm:w-auto sm:max-w-56 sm:flex-none"
            >
                <option value="">Any project</option>
                {projects.map((project) => (
                    <option key={project.id} value={project.id}>
                        {project.name}
                    </option>
                ))}
            </Select>
        </div>
    );
}
