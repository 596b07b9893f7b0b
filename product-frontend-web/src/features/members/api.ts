import { infiniteQueryOptions, keepPreviousData, queryOptions, type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import {
    createInvitation,
    listInvitations,
    listPeople,
    removePerson,
    resendInvitation,
    updatePerson,
    withdrawInvitation,
} from "@/lib/api/generated/sdk.gen";
import type { Invitation, InvitationCreate, Person, PersonPage, PersonUpdate } from "@/lib/api/generated/types.gen";
import { ifMatch } from "@/lib/api/if-match";
import { queryKeys } from "@/lib/api/keys";
import { type Circle, circles, type PeopleSearch } from "./search";

export type { Invitation, Person } from "@/lib/api/generated/types.gen";

const lists = [...queryKeys.people, "list"] as const;

export function peopleQuery({ q, role, state, sort, cursor }: PeopleSearch) {
    return queryOptions({
        queryKey: [...lists, { q, role, state, sort, cursor }],
        queryFn: async ({ signal }) =>
            (
                await listPeople({
                    throwOnError: true,
                    signal,
                    query: {
                        limit: 20,
                        ...(q ? { q } : {}),
                        ...(role ? { role } : {}),
                        ...(state ? { state } : {}),
                        ...(sort ? { sort } : {}),
                        ...(cursor ? { cursor } : {}),
                    },
                })
            ).data,
        placeholderData: keepPreviousData,
    });
}

/** The id of the only active administrator, or null when there are others: the service lets the last one not go. */
export function lastAdminQuery(circle: Circle) {
    return queryOptions({
        queryKey: [...queryKeys.people, "last-admin"],
        queryFn: async ({ signal }) => {
            const query = { limit: 2, role: circles[circle][0], state: "active" } as const;
            const { items } = (await listPeople({ throwOnError: true, signal, query })).data;
            return items.length === 1 ? (items[0]?.id ?? null) : null;
        },
    });
}

function putInLists(queryClient: QueryClient, person: Person): void {
    queryClient.setQueriesData<PersonPage>({ queryKey: lists }, (page) =>
        page ? { ...page, items: page.items.map((each) => (each.id === person.id ? person : each)) } : page,
    );
}

export interface PersonChange {
    /** As seen; the version is the condition of the change. */
    person: Person;
    change: PersonUpdate;
}

/** Shows the change at once and takes it back when the server refuses. */
export function useChangePerson() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async ({ person, change }: PersonChange) =>
            (
                await updatePerson({
                    throwOnError: true,
                    path: { id: person.id },
                    headers: ifMatch(person.version),
                    body: change,
                })
            ).data,
        onMutate: async ({ person, change }) => {
            await queryClient.cancelQueries({ queryKey: lists });
            putInLists(queryClient, { ...person, ...change });
        },
        onSuccess: (person) => putInLists(queryClient, person),
        onError: (_error, { person }) => putInLists(queryClient, person),
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.people }),
    });
}

export function useRemovePerson() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async ({ id, version }: Person) => {
            await removePerson({ throwOnError: true, path: { id }, headers: ifMatch(version) });
        },
        onSettled: () =>
            Promise.all(
                [queryKeys.people, queryKeys.usage].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
            ),
    });
}

/** Invitations that nobody has accepted yet. */
export const invitationsQuery = infiniteQueryOptions({
    queryKey: [...queryKeys.invitations, "pending"],
    queryFn: async ({ signal, pageParam }) =>
        (
            await listInvitations({
                throwOnError: true,
                signal,
                query: { limit: 20, state: "pending", ...(pageParam ? { cursor: pageParam } : {}) },
            })
        ).data,
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export function useInvite() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async (invitation: InvitationCreate) =>
            (await createInvitation({ throwOnError: true, body: invitation })).data,
        onSettled: () =>
            Promise.all(
                [queryKeys.invitations, queryKeys.usage].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
            ),
    });
}

export function useResendInvitation() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async ({ id }: Invitation) => {
            await resendInvitation({ throwOnError: true, path: { id } });
        },
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.invitations }),
    });
}

export function useWithdrawInvitation() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async ({ id }: Invitation) => {
            await withdrawInvitation({ throwOnError: true, path: { id } });
        },
        onSettled: () =>
            Promise.all(
                [queryKeys.invitations, queryKeys.usage].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
            ),
    });
}
