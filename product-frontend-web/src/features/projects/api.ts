import { infiniteQueryOptions, keepPreviousData, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { createProject, deleteProject, getProject, listProjects, updateProject } from "@/lib/api/generated/sdk.gen";
import type { Project, ProjectUpdate } from "@/lib/api/generated/types.gen";
import { ifMatch } from "@/lib/api/if-match";
import { queryKeys } from "@/lib/api/keys";
import { SubmissionKeys } from "@/lib/api/submission-key";
import type { ProjectSearch } from "./search";

export type { Project } from "@/lib/api/generated/types.gen";

export function projectsQuery({ sort }: ProjectSearch) {
    return infiniteQueryOptions({
        queryKey: [...queryKeys.projects, "list", { sort }],
        queryFn: async ({ signal, pageParam }) =>
            (
                await listProjects({
                    throwOnError: true,
                    signal,
                    query: { limit: 50, ...(sort ? { sort } : {}), ...(pageParam ? { cursor: pageParam } : {}) },
                })
            ).data,
        initialPageParam: "",
        getNextPageParam: (page) => page.next_cursor ?? undefined,
        placeholderData: keepPreviousData,
    });
}

export async function loadProject(id: string): Promise<Project> {
    return (await getProject({ throwOnError: true, path: { id } })).data;
}

export async function loadAllProjects({ sort }: ProjectSearch): Promise<Project[]> {
    const projects: Project[] = [];
    let cursor: string | null | undefined;
    do {
        // One after the other: each page's cursor comes with the page before.
        // oxlint-disable-next-line no-await-in-loop
        const { data } = await listProjects({
            throwOnError: true,
            query: { limit: 100, ...(sort ? { sort } : {}), ...(cursor ? { cursor } : {}) },
        });
        projects.push(...data.items);
        cursor = data.next_cursor;
    } while (cursor);
    return projects;
}

export function useCreateProject() {
    const queryClient = useQueryClient();
    const [keys] = useState(() => new SubmissionKeys());
    return useMutation({
        mutationFn: async (project: { name: string; description?: string }) =>
            (await createProject({ throwOnError: true, headers: keys.for(project), body: project })).data,
        onSuccess: () => keys.done(),
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.projects }),
    });
}

export function useChangeProject() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async ({ project, change }: { project: Project; change: ProjectUpdate }) =>
            (
                await updateProject({
                    throwOnError: true,
                    path: { id: project.id },
                    headers: ifMatch(project.version),
                    body: change,
                })
            ).data,
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.projects }),
    });
}

export function useDeleteProject() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async (project: Project) => {
            await deleteProject({ throwOnError: true, path: { id: project.id }, headers: ifMatch(project.version) });
        },
        onSettled: () =>
            Promise.all([
                queryClient.invalidateQueries({ queryKey: queryKeys.projects }),
                queryClient.invalidateQueries({ queryKey: queryKeys.items }),
            ]),
    });
}
