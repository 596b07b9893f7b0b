import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Select, TextArea, TextInput } from "@/components/ui/field";
import { notify } from "@/components/ui/toasts";
import { showFieldProblems } from "@/lib/api/field-problems";
import { projectChoicesQuery, useCreateItem } from "../api";

const schema = z.object({
    title: z.string().trim().min(1, "Give the item a title.").max(200, "At most 200 characters."),
    description: z.string().trim().max(2000, "At most 2,000 characters."),
    project_id: z.string(),
});
type Values = z.infer<typeof schema>;

export default function CreateItemDialog({ onClose }: { onClose(): void }) {
    const projects = useQuery(projectChoicesQuery);
    const create = useCreateItem();
    const form = useForm<Values>({
        resolver: zodResolver(schema),
        defaultValues: { title: "", description: "", project_id: "" },
    });
    const { errors } = form.formState;

    const submit = form.handleSubmit(async ({ title, description, project_id }) => {
        try {
            const item = await create.mutateAsync({
                title,
                ...(description ? { description } : {}),
                ...(project_id ? { project_id } : {}),
            });
            notify({ title: `Created “${item.title}”` });
            onClose();
        } catch (error) {
            showFieldProblems(error, form);
        }
    });

    return (
        <Dialog open onClose={onClose} title="New item" description="Something your organization keeps track of.">
            <form className="grid gap-5" onSubmit={submit} noValidate>
                <Field label="Title" error={errors.title?.message}>
                    {(control) => <TextInput {...control} {...form.register("title")} autoComplete="off" />}
                </Field>
                <Field label="Description" optional error={errors.description?.message}>
                    {(control) => <TextArea {...control} {...form.register("description")} rows={4} />}
                </Field>
                <Field label="Project" optional error={errors.project_id?.message}>
                    {(control) => (
                        <Select {...control} {...form.register("project_id")}>
                            <option value="">No project</option>
                            {projects.data?.map((project) => (
                                <option key={project.id} value={project.id}>
                                    {project.name}
                                </option>
                            ))}
                        </Select>
                    )}
                </Field>
                <div role="alert">
                    {errors.root?.message && (
                        <p className="rounded-lg bg-bad-soft px-3.5 py-2.5 font-medium text-bad">{errors.root.message}</p>
                    )}
                </div>
                <div className="flex justify-end gap-2">
                    <Button onClick={onClose}>Cancel</Button>
                    <Button type="submit" tone="primary" busy={create.isPending}>
                        Create item
                    </Button>
                </div>
            </form>
        </Dialog>
    );
}
