import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { listSigningKeys, revokeSigningKey, rotateSigningKeys } from "@/lib/api/generated/sdk.gen";
import type { KeyRing, KeyRotation } from "@/lib/api/generated/types.gen";
import { queryKeys } from "@/lib/api/keys";

export type { KeyView } from "@/lib/api/generated/types.gen";

/** Other instances, operators and the schedule move keys, too: the page looks again now and then. */
export const signingKeysQuery = queryOptions({
    queryKey: queryKeys.signingKeys,
    queryFn: async ({ signal }) => (await listSigningKeys({ throwOnError: true, signal })).data.items,
    refetchInterval: 30_000,
});

/** Both answer with all keys as they are afterwards. */
function useMove<Input>(move: (input: Input) => Promise<KeyRing>) {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: move,
        onSuccess: ({ items }) => queryClient.setQueryData(signingKeysQuery.queryKey, items),
        onError: () => queryClient.invalidateQueries({ queryKey: queryKeys.signingKeys }),
    });
}

/** Pressed twice it is one rotation: it names the key that is to sign. */
export const useRotateKeys = () =>
    useMove(async (body: KeyRotation) => (await rotateSigningKeys({ throwOnError: true, body })).data);

export const useRevokeKey = () =>
    useMove(async (kid: string) => (await revokeSigningKey({ throwOnError: true, path: { kid } })).data);
