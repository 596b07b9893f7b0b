import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { Button } from "@/components/ui/button";
import { Field, Select, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { notify } from "@/components/ui/toasts";
import { showFieldProblems } from "@/lib/api/field-problems";
import { asProblem } from "@/lib/api/problem";
import { onlyChanged } from "@/lib/form-values";
import { type Org, orgQuery, useChangeOrg } from "../api";
import { words as settingWords } from "../words";

const words = settingWords.organization;

const ConflictDialog = lazy(() => import("@/components/conflict-dialog"));

const schema = z.object({
    name: z.string().trim().min(1, words.nameMissing).max(200, settingWords.atMost200),
    contact_email: z.union([z.literal(""), z.email(words.notAnAddress).max(254, words.contactTooLong)]),
    time_zone: z.string(),
});
type Values = z.infer<typeof schema>;

function valuesOf({ name, contact_email, time_zone }: Org): Values {
    return { name, contact_email: contact_email ?? "", time_zone };
}

const labels: Record<keyof Values, string> = {
    name: settingWords.name,
    contact_email: words.contact,
    time_zone: words.timeZone,
};

export default function OrgForm({ org }: { org: Org }) {
    const change = useChangeOrg();
    const current = useQuery(orgQuery);
    const [theirs, setTheirs] = useState<Org | null>(null);
    const form = useForm<Values>({ resolver: zodResolver(schema), values: valuesOf(org), resetOptions: { keepDirtyValues: true } });
    const { errors, isDirty, dirtyFields } = form.formState;

    async function save(values: Values, version: number) {
        const body = { ...values, contact_email: values.contact_email || null };
        try {
            const saved = await change.mutateAsync({ version, change: onlyChanged(body, dirtyFields) });
            form.reset(valuesOf(saved));
            notify({ title: words.saved });
        } catch (error) {
            if (asProblem(error).status === 412) {
                const { data } = await current.refetch();
                setTheirs(data ?? null);
            } else {
                showFieldProblems(error, form, { wrong_format: words.unknown });
            }
        }
    }

    const mine = form.getValues();
    return (
        <>
            <form className="grid gap-5 p-5" onSubmit={form.handleSubmit((values) => save(values, org.version))} noValidate>
                <Field label={labels.name} error={errors.name?.message}>
                    {(control) => <TextInput {...control} {...form.register("name")} autoComplete="organization" className="sm:max-w-md" />}
                </Field>
                <Field label={labels.contact_email} optional hint={words.contactHint} error={errors.contact_email?.message}>
                    {(control) => (
                        <TextInput {...control} {...form.register("contact_email")} type="email" autoComplete="off" className="sm:max-w-md" />
                    )}
                </Field>
                <Field label={labels.time_zone} hint={words.timeZoneHint} error={errors.time_zone?.message}>
                    {(control) => (
                        <Select {...control} {...form.register("time_zone")} className="sm:max-w-md">
                            <TimeZones current={org.time_zone} />
                        </Select>
                    )}
                </Field>
                <FormFailure error={errors.root} />
                <div className="flex flex-wrap gap-2">
                    <Button type="submit" tone="primary" busy={change.isPending} disabled={!isDirty}>
                        {settingWords.save}
                    </Button>
                    {isDirty && <Button onClick={() => form.reset(valuesOf(org))}>{settingWords.discard}</Button>}
                </div>
            </form>
            <Suspense>
                {theirs && (
                    <ConflictDialog
                        what={words.these}
                        differences={(Object.keys(labels) as (keyof Values)[])
                            .filter((name) => mine[name] !== valuesOf(theirs)[name])
                            .map((name) => ({ label: labels[name], mine: mine[name], theirs: valuesOf(theirs)[name] }))}
                        onKeepMine={() => {
                            setTheirs(null);
                            void save(mine, theirs.version);
                        }}
                        onTakeTheirs={() => {
                            setTheirs(null);
                            form.reset(valuesOf(theirs));
                        }}
                    />
                )}
            </Suspense>
        </>
    );
}

/** By region, as people look for theirs. */
function TimeZones({ current }: { current: string }) {
    const names = new Set(["UTC", current, ...Intl.supportedValuesOf("timeZone")]);
    const regions = new Map<string, string[]>();
    for (const name of names) {
        const region = name.includes("/") ? name.slice(0, name.indexOf("/")) : words.universal;
        regions.set(region, [...(regions.get(region) ?? []), name]);
    }
    return [...regions].map(([region, zones]) => (
        <optgroup key={region} label={region}>
            {zones.map((zone) => (
                <option key={zone} value={zone} translate="no">
                    {zone.replaceAll("_", " ")}
                </option>
            ))}
        </optgroup>
    ));
}
