import { queryOptions } from "@tanstack/react-query";
import { getMe } from "./generated/sdk.gen";
import { queryKeys } from "./keys";

export type { Me } from "./generated/types.gen";

/** The signed-in person, their organization and role. */
export const meQuery = queryOptions({
    queryKey: queryKeys.me,
    queryFn: async ({ signal }) => (await getMe({ throwOnError: true, signal })).data,
    staleTime: 5 * 60_000,
});
