import { queryOptions } from "@tanstack/react-query";
import { getMyMfa } from "./generated/sdk.gen";
import { queryKeys } from "./keys";

/** Whether the signed-in person has a second factor. */
export const mfaQuery = queryOptions({
    queryKey: queryKeys.myMfa,
    queryFn: async ({ signal }) => (await getMyMfa({ throwOnError: true, signal })).data,
});
