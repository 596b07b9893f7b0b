import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { ArchiveExport } from "@/components/archive/archive-export";
import { words as archiveWords } from "@/components/archive/words";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, Select, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { notify } from "@/components/ui/toasts";
import { showFieldProblems } from "@/lib/api/field-problems";
import { asProblem } from "@/lib/api/problem";
import { onlyChanged, wholeNumber } from "@/lib/form-values";
import { loadCurrentOrg, type OrgDetail, type RegisteredOrgUpdate, useUpdateOrg } from "../api";
import { plans } from "../search";
import { platformId, type Step, steps, stepsFrom } from "../steps";
import { words } from "../words";
import { OrgConflictDialog } from "./org-conflict-dialog";
import { stepIcons } from "./step-icons";

export default function OrgSettings({ org, onStep }: { org: OrgDetail; onStep(step: Step): void }) {
    const gone = org.state === "deleting" || org.state === "deleted";
    return (
        <div className="grid gap-5">
            {!gone && <GeneralForm org={org} />}
            {!gone && (
                <Card aria-labelledby="archive">
                    <h2 id="archive" className="px-5 pt-5 font-semibold">
                        {archiveWords.title}
                    </h2>
                    <ArchiveExport id={org.id} slug={org.slug} />
                </Card>
            )}
            <DangerZone org={org} onStep={onStep} />
        </div>
    );
}

const limit = (low: number) => wholeNumber({ optional: true, low, high: 1_000_000_000 });
const schema = z.object({
    name: z.string().trim().min(1, words.create.nameMissing).max(200, words.create.nameTooLong),
    plan: z.enum(plans),
    item_limit: limit(0),
    member_limit: limit(0),
    request_limit: limit(1),
});
type Values = z.infer<typeof schema>;

const asText = (value: number | null) => (value === null ? "" : String(value));
const asLimit = (text: string) => (text === "" ? null : Number(text));

const valuesOf = (org: OrgDetail): Values => ({
    name: org.name,
    plan: org.plan,
    item_limit: asText(org.item_limit),
    member_limit: asText(org.member_limit),
    request_limit: asText(org.request_limit),
});

const bodyOf = (values: Values) => ({
    name: values.name,
    plan: values.plan,
    item_limit: asLimit(values.item_limit),
    member_limit: asLimit(values.member_limit),
    request_limit: asLimit(values.request_limit),
});

function GeneralForm({ org }: { org: OrgDetail }) {
    const update = useUpdateOrg();
    // What was loaded when the form was filled: a change is compared with it, and made on condition of its version.
    const [basis, setBasis] = useState(org);
    const [conflict, setConflict] = useState<{ change: RegisteredOrgUpdate; current: OrgDetail } | null>(null);
    const form = useForm<Values>({ resolver: zodResolver(schema), values: valuesOf(basis) });
    const { errors, dirtyFields, isDirty } = form.formState;

    // Somebody else's change is taken over as long as nothing has been typed; afterwards saving tells of it.
    if (!isDirty && org.version > basis.version) {
        setBasis(org);
    }

    function adopt(saved: OrgDetail) {
        setBasis(saved);
        form.reset(valuesOf(saved));
    }

    async function save(from: OrgDetail, change: RegisteredOrgUpdate) {
        try {
            adopt(await update.mutateAsync({ org: from, change }));
            notify({ title: words.detail.saved });
        } catch (error) {
            if (asProblem(error).status === 412) {
                setConflict({ change, current: await loadCurrentOrg(org.id) });
            } else {
                showFieldProblems(error, form);
            }
        }
    }

    const submit = form.handleSubmit(async (values) => {
        const change = onlyChanged(bodyOf(values), dirtyFields);
        if (Object.keys(change).length === 0) {
            notify({ title: words.detail.nothingChanged });
            return;
        }
        await save(basis, change);
    });

    return (
        <Card className="p-5 sm:p-6" aria-labelledby="general">
            <h2 id="general" className="font-semibold">
                {words.detail.general}
            </h2>
            <p className="mt-1 text-ink-soft">{words.detail.generalText}</p>
            <form className="mt-5 grid max-w-2xl gap-5 sm:grid-cols-2" onSubmit={submit} noValidate>
                <Field label={words.name} error={errors.name?.message}>
                    {(control) => <TextInput {...control} {...form.register("name")} autoComplete="off" />}
                </Field>
                <Field label={words.plan} error={errors.plan?.message}>
                    {(control) => (
                        <Select {...control} {...form.register("plan")}>
                            {plans.map((plan) => (
                                <option key={plan} value={plan}>
                                    {words.plans[plan]}
                                </option>
                            ))}
                        </Select>
                    )}
                </Field>
                <Field label={words.detail.itemLimit} optional hint={words.detail.limitHint} error={errors.item_limit?.message}>
                    {(control) => <TextInput {...control} {...form.register("item_limit")} inputMode="numeric" autoComplete="off" />}
                </Field>
                <Field label={words.detail.memberLimit} optional hint={words.detail.limitHint} error={errors.member_limit?.message}>
                    {(control) => <TextInput {...control} {...form.register("member_limit")} inputMode="numeric" autoComplete="off" />}
                </Field>
                <Field label={words.detail.requestLimit} optional hint={words.detail.limitHint} error={errors.request_limit?.message}>
                    {(control) => <TextInput {...control} {...form.register("request_limit")} inputMode="numeric" autoComplete="off" />}
                </Field>
                <div className="grid gap-5 sm:col-span-2">
                    <FormFailure error={errors.root} />
                    <Button type="submit" tone="primary" busy={update.isPending} className="justify-self-start">
                        {words.detail.save}
                    </Button>
                </div>
            </form>
            {conflict && (
                <OrgConflictDialog
                    {...conflict}
                    onTakeSaved={() => {
                        setConflict(null);
                        adopt(conflict.current);
                    }}
                    onKeepMine={() => {
                        setConflict(null);
                        void save(conflict.current, conflict.change);
                    }}
                />
            )}
        </Card>
    );
}

function DangerZone({ org, onStep }: { org: OrgDetail; onStep(step: Step): void }) {
    const possible = stepsFrom(org);
    return (
        <Card className="border-bad/40 p-5 sm:p-6" aria-labelledby="danger">
            <h2 id="danger" className="font-semibold text-bad">
                {words.detail.danger}
            </h2>
            <p className="mt-1 text-ink-soft">
                {org.id === platformId ? words.detail.platformOwn : possible.length === 0 ? words.detail.noSteps : words.detail.dangerText}
            </p>
            {possible.length > 0 && (
                <ul className="mt-4 divide-y divide-line">
                    {possible.map((step) => {
                        const Icon = stepIcons[step];
                        return (
                            <li key={step} className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 py-3.5">
                                <p className="min-w-0 flex-1 basis-64 leading-relaxed text-ink-soft">{words.step.effects[step][0]}</p>
                                <Button className={steps[step].takesAway ? "text-bad" : undefined} onClick={() => onStep(step)}>
                                    <Icon className="size-4" aria-hidden="true" />
                                    {words.steps[step]}
                                </Button>
                            </li>
                        );
                    })}
                </ul>
            )}
        </Card>
    );
}
