import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Download, FolderKanban, Pencil, Plus, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button, IconButton } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { Select } from "@/components/ui/field";
import { PageHeader } from "@/components/ui/page-header";
import { QueryView } from "@/components/ui/query-view";
import { Refusable } from "@/components/ui/refusable";
import { SkeletonRows } from "@/components/ui/skeleton";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { toCsv } from "@/lib/csv";
import { formatDate } from "@/lib/format";
import { common } from "@/lib/language/common";
import { saveFile } from "@/lib/save-file";
import { session } from "@/lib/session/browser-session";
import { deleteRefusal, writeRefusal } from "@/lib/session/refusals";
import { loadAllProjects, type Project, projectsQuery } from "../api";
import { validateProjectSearch } from "../search";
import { words } from "../words";

const ProjectDialog = lazy(() => import("../components/project-dialog"));
const DeleteProjectDialog = lazy(() => import("../components/delete-project-dialog"));

const route = getRouteApi("/shell/projects");

export function ProjectsPage() {
    const search = route.useSearch();
    const navigate = route.useNavigate();
    const projects = useInfiniteQuery(projectsQuery(search));
    const [editing, setEditing] = useState<Project | "new" | null>(null);
    const [exporting, setExporting] = useState(false);
    const [deleting, setDeleting] = useState<Project | null>(null);

    async function exportAll() {
        setExporting(true);
        try {
            const all = await loadAllProjects(search);
            const rows = all.map(({ id, name, description, created_at, updated_at }) => [id, name, description ?? "", created_at, updated_at]);
            const csv = toCsv([["id", "name", "description", "created_at", "updated_at"], ...rows]);
            saveFile(`${words.exportName}-${new Date().toISOString().slice(0, 10)}.csv`, "text/csv", csv);
            notify({ title: words.exported(all.length) });
        } catch (error) {
            notifyProblem(words.notExported, error);
        } finally {
            setExporting(false);
        }
    }

    const newProject = (
        <Refusable refusal={writeRefusal()}>
            <Button tone="primary" onClick={() => setEditing("new")}>
                <Plus className="size-4" aria-hidden="true" />
                {words.newProject}
            </Button>
        </Refusable>
    );

    return (
        <>
            <PageHeader
                title={words.title}
                intro={words.intro}
                actions={
                    <>
                        <Button busy={exporting} onClick={exportAll}>
                            <Download className="size-4" aria-hidden="true" />
                            {words.export}
                        </Button>
                        {newProject}
                    </>
                }
            />
            <Card aria-label={words.title}>
                <div className="flex justify-end border-b border-line p-3 sm:px-5">
                    <Select
                        aria-label={words.sortBy}
                        value={search.sort ?? ""}
                        onChange={(event) => navigate({ search: validateProjectSearch({ sort: event.target.value }) })}
                        className="w-full sm:w-auto"
                    >
                        <option value="">{words.newestFirst}</option>
                        <option value="name">{words.byName}</option>
                    </Select>
                </div>
                <QueryView
                    query={projects}
                    skeleton={<SkeletonRows rows={5} label={words.loading} />}
                    isEmpty={(data) => data.pages[0]?.items.length === 0}
                    empty={
                        <EmptyState
                            icon={<FolderKanban />}
                            title={words.none}
                            text={words.noneText}
                            action={newProject}
                        />
                    }
                >
                    {(data) => (
                        <ul className="divide-y divide-line">
                            {data.pages
                                .flatMap((page) => page.items)
                                .map((project) => (
                                    <ProjectRow
                                        key={project.id}
                                        project={project}
                                        onChange={() => setEditing(project)}
                                        onDelete={() => setDeleting(project)}
                                    />
                                ))}
                        </ul>
                    )}
                </QueryView>
                {projects.hasNextPage && (
                    <div className="border-t border-line p-3 text-center">
                        <Button busy={projects.isFetchingNextPage} onClick={() => projects.fetchNextPage()}>
                            {common.showMore}
                        </Button>
                    </div>
                )}
            </Card>
            <Suspense>
                {editing && <ProjectDialog project={editing === "new" ? null : editing} onClose={() => setEditing(null)} />}
                {deleting && <DeleteProjectDialog project={deleting} onClose={() => setDeleting(null)} />}
            </Suspense>
        </>
    );
}

interface ProjectRowProps {
    project: Project;
    onChange(): void;
    onDelete(): void;
}

function ProjectRow({ project, onChange, onDelete }: ProjectRowProps) {
    const mayDelete = session.identity()?.role === "admin";
    return (
        <li className="flex items-center gap-4 py-3 pr-3 pl-5 transition-colors hover:bg-sunken/60">
            <div className="min-w-0 flex-1">
                <Link
                    to="/items"
                    translate="no"
                    search={{ project: project.id }}
                    className="font-medium text-ink underline-offset-4 hover:underline"
                >
                    {project.name}
                </Link>
                <p className="truncate text-xs text-ink-soft">
                    {project.description ? <span translate="no">{project.description}</span> : words.noDescription}
                </p>
            </div>
            <p className="hidden text-ink-soft tabular-nums sm:block">{words.createdOn(formatDate(project.created_at))}</p>
            <div className="flex">
                <Refusable refusal={writeRefusal()}>
                    <IconButton
                        label={words.change(project.name)}
                        icon={<Pencil className="size-4" aria-hidden="true" />}
                        onClick={onChange}
                    />
                </Refusable>
                <Refusable refusal={deleteRefusal() ?? (mayDelete ? null : words.deleteRefusal)}>
                    <IconButton
                        label={words.delete(project.name)}
                        icon={<Trash2 className="size-4" aria-hidden="true" />}
                        onClick={onDelete}
                        className="not-aria-disabled:hover:text-bad"
                    />
                </Refusable>
            </div>
        </li>
    );
}
