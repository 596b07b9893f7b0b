import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { create@Singular@, delete@Singular@, list@Plural@, update@Singular@ } from "@/lib/api/generated/sdk.gen";
import type { @Singular@, @Singular@Create, @Singular@Update } from "@/lib/api/generated/types.gen";
import { ifMatch } from "@/lib/api/if-match";
import { queryKeys } from "@/lib/api/keys";

export type { @Singular@, @Singular@Create } from "@/lib/api/generated/types.gen";

export const @many@Query = infiniteQueryOptions({
    queryKey: [...queryKeys.@many@, "list"],
    queryFn: async ({ signal, pageParam }) =>
        (
            await list@Plural@({
                throwOnError: true,
                signal,
                query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) },
            })
        ).data,
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export function useCreate@Singular@() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async (body: @Singular@Create) => (await create@Singular@({ throwOnError: true, body })).data,
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.@many@ }),
    });
}

export function useUpdate@Singular@() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async ({ @one@, body }: { @one@: @Singular@; body: @Singular@Update }) =>
            (
                await update@Singular@({
                    throwOnError: true,
                    path: { id: @one@.id },
                    headers: ifMatch(@one@.version),
                    body,
                })
            ).data,
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.@many@ }),
    });
}

export function useDelete@Singular@() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async (@one@: @Singular@) => {
            await delete@Singular@({ throwOnError: true, path: { id: @one@.id }, headers: ifMatch(@one@.version) });
        },
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.@many@ }),
    });
}
