import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FolderKanban, Plus, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button, IconButton } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { Explained } from "@/components/ui/explained";
import { PageHeader } from "@/components/ui/page-header";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { formatDate } from "@/lib/format";
import { common } from "@/lib/language/common";
import { session } from "@/lib/session/browser-session";
import { type Project, projectsQuery } from "../api";
import { words } from "../words";

const CreateProjectDialog = lazy(() => import("../components/create-project-dialog"));
const DeleteProjectDialog = lazy(() => import("../components/delete-project-dialog"));

export function ProjectsPage() {
    const projects = useInfiniteQuery(projectsQuery);
    const [creating, setCreating] = useState(false);
    const [deleting, setDeleting] = useState<Project | null>(null);
    const mayDelete = session.identity()?.role === "admin";

    const newProject = (
        <Button tone="primary" onClick={() => setCreating(true)}>
            <Plus className="size-4" aria-hidden="true" />
            {words.newProject}
        </Button>
    );

    return (
        <>
            <PageHeader title={words.title} intro={words.intro} actions={newProject} />
            <Card aria-label={words.title}>
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
                                        mayDelete={mayDelete}
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
                {creating && <CreateProjectDialog onClose={() => setCreating(false)} />}
                {deleting && <DeleteProjectDialog project={deleting} onClose={() => setDeleting(null)} />}
            </Suspense>
        </>
    );
}

interface ProjectRowProps {
    project: Project;
    mayDelete: boolean;
    onDelete(): void;
}

function ProjectRow({ project, mayDelete, onDelete }: ProjectRowProps) {
    const deleteButton = (
        <IconButton
            label={words.delete(project.name)}
            icon={<Trash2 className="size-4" aria-hidden="true" />}
            aria-disabled={!mayDelete}
            onClick={mayDelete ? onDelete : undefined}
            className="not-aria-disabled:hover:text-bad"
            {...(mayDelete ? {} : { title: "" })}
        />
    );
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
            {mayDelete ? (
                deleteButton
            ) : (
                <Explained text={words.deleteRefusal}>{deleteButton}</Explained>
            )}
        </li>
    );
}
