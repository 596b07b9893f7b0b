import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { createProject, deleteProject, listProjects } from "@/lib/api/generated/sdk.gen";
import type { Project } from "@/lib/api/generated/types.gen";
import { ifMatch } from "@/lib/api/if-match";
import { queryKeys } from "@/lib/api/keys";
import { SubmissionKeys } from "@/lib/api/submission-key";

export type { Project } from "@/lib/api/generated/types.gen";

export const projectsQuery = infiniteQueryOptions({
    queryKey: [...queryKeys.projects, "list"],
    queryFn: async ({ signal, pageParam }) =>
        (
            await listProjects({
                throwOnError: true,
                signal,
                query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) },
            })
        ).data,
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
});

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
